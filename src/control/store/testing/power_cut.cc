#include "control/store/testing/power_cut.h"

#include <cstring>
#include <filesystem>
#include <new>

#include "control/store/testing/scratch_dir.h"

namespace wye::control::testing {

// What SQLite holds for an open file: our part in front, the real one behind it.
struct CutFile {
  sqlite3_file base;
  PowerCut* power;
  const std::string* path;  // null: not a file of a database
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  PowerCut::File* kept() { return path == nullptr ? nullptr : &power->files_[*path]; }

  static CutFile& of(sqlite3_file* file) { return *reinterpret_cast<CutFile*>(file); }
  static const sqlite3_io_methods* real_of(sqlite3_file* file) { return of(file).real()->pMethods; }

  static int close(sqlite3_file* file) { return real_of(file)->xClose(of(file).real()); }
  static int read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
    return real_of(file)->xRead(of(file).real(), out, size, at);
  }
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    if (auto* kept = of(file).kept())
      kept->unsynced.push_back({at, {static_cast<const char*>(bytes), static_cast<std::size_t>(size)}});
    return real_of(file)->xWrite(of(file).real(), bytes, size, at);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (auto* kept = of(file).kept()) kept->unsynced.push_back({-1, std::to_string(size)});
    return real_of(file)->xTruncate(of(file).real(), size);
  }
  static int sync(sqlite3_file* file, int flags) {
    const int done = real_of(file)->xSync(of(file).real(), flags);
    if (of(file).path != nullptr) of(file).power->synced(*of(file).path);
    return done;
  }
  static int size(sqlite3_file* file, sqlite3_int64* out) {
    return real_of(file)->xFileSize(of(file).real(), out);
  }
  static int lock(sqlite3_file* file, int kind) { return real_of(file)->xLock(of(file).real(), kind); }
  static int unlock(sqlite3_file* file, int kind) { return real_of(file)->xUnlock(of(file).real(), kind); }
  static int reserved(sqlite3_file* file, int* out) {
    return real_of(file)->xCheckReservedLock(of(file).real(), out);
  }
  static int control(sqlite3_file* file, int op, void* arg) {
    return real_of(file)->xFileControl(of(file).real(), op, arg);
  }
  static int sector(sqlite3_file* file) { return real_of(file)->xSectorSize(of(file).real()); }
  // Claims the worst disk: appended and overwritten data may be torn.
  static int traits(sqlite3_file*) { return 0; }
  static int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    return real_of(file)->xShmMap(of(file).real(), page, size, extend, out);
  }
  static int shm_lock(sqlite3_file* file, int at, int count, int flags) {
    return real_of(file)->xShmLock(of(file).real(), at, count, flags);
  }
  static void shm_barrier(sqlite3_file* file) { real_of(file)->xShmBarrier(of(file).real()); }
  static int shm_unmap(sqlite3_file* file, int remove) {
    return real_of(file)->xShmUnmap(of(file).real(), remove);
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    static const sqlite3_io_methods kMethods{
        2,       close,  read,   write,   truncate, sync,        size,      lock,    unlock, reserved,
        control, sector, traits, shm_map, shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};
    auto& power = *static_cast<PowerCut*>(vfs->pAppData);
    auto& made = of(file);
    made.base.pMethods = nullptr;
    made.power = &power;
    made.path = nullptr;
    const int kinds = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    if (name != nullptr && (flags & kinds) != 0 && (flags & SQLITE_OPEN_DELETEONCLOSE) == 0) {
      const bool was_there = std::filesystem::exists(name);
      const auto [kept, first] = power.files_.try_emplace(name);
      if (first) kept->second = {was_there, was_there ? read_bytes(name) : "", {}};
      made.path = &kept->first;
    }
    const int done = power.real_->xOpen(power.real_, name, made.real(), flags, out);
    if (made.real()->pMethods != nullptr) made.base.pMethods = &kMethods;
    return done;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto& power = *static_cast<PowerCut*>(vfs->pAppData);
    if (const auto found = power.files_.find(name); found != power.files_.end()) found->second = {};
    return power.real_->xDelete(power.real_, name, sync_directory);
  }
};

PowerCut::PowerCut() : real_(::sqlite3_vfs_find(nullptr)) {
  vfs_ = *real_;
  vfs_.zName = "power-cut";
  vfs_.pAppData = this;
  vfs_.pNext = nullptr;
  vfs_.szOsFile = static_cast<int>(sizeof(CutFile)) + real_->szOsFile;
  vfs_.xOpen = &CutFile::open;
  vfs_.xDelete = &CutFile::remove;
  ::sqlite3_vfs_register(&vfs_, 1);
}

PowerCut::~PowerCut() {
  ::sqlite3_vfs_unregister(&vfs_);
  ::sqlite3_vfs_register(real_, 1);
}

void PowerCut::apply(std::string& content, const Write& write) {
  if (write.offset < 0) {
    content.resize(static_cast<std::size_t>(std::stoll(write.bytes)));
    return;
  }
  const auto end = static_cast<std::size_t>(write.offset) + write.bytes.size();
  if (content.size() < end) content.resize(end, '\0');
  std::memcpy(content.data() + write.offset, write.bytes.data(), write.bytes.size());
}

void PowerCut::synced(const std::string& path) {
  ++syncs_;
  if (recording_) images_.push_back(cut(1));
  auto& file = files_[path];
  for (const auto& write : file.unsynced) apply(file.durable, write);
  file.unsynced.clear();
  file.there = true;
  if (recording_) images_.push_back(cut(0));
}

PowerCut::Image PowerCut::cut(int survive) {
  Image out;
  for (const auto& [path, file] : files_) {
    auto content = file.durable;
    bool any = file.there;
    for (const auto& write : file.unsynced)
      if (survive == 1 && (dice_() & 1) != 0) {
        apply(content, write);
        any = true;
      }
    if (any) out[path] = std::move(content);
  }
  return out;
}

void PowerCut::restore(const Image& image, const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    std::filesystem::remove_all(entry.path());
  for (const auto& [path, content] : image)
    write_bytes(directory + "/" + std::filesystem::path(path).filename().string(), content);
}

}  // namespace wye::control::testing
