#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace wye::control::testing {

/// Replaces SQLite's default file system while it lives. It works on the real one and remembers what was
/// synced, so that a test can see the files as a power cut would leave them. For one thread.
class PowerCut {
 public:
  PowerCut();
  ~PowerCut();
  PowerCut(const PowerCut&) = delete;

  [[nodiscard]] int syncs() const { return syncs_; }
  /// From now on, keeps the files as they are after each sync and, for half the writes since, before it.
  void record_images() { recording_ = true; }
  using Image = std::map<std::string, std::string>;  // path → content
  [[nodiscard]] const std::vector<Image>& images() const { return images_; }

  /// Returns what is left if the power fails now: all that was synced, and those later writes that a random
  /// bit selects (`survive` = 0: none of them, 1: about half).
  [[nodiscard]] Image cut(int survive);
  /// Puts an image's files into another directory.
  static void restore(const Image& image, const std::string& directory);

 private:
  friend struct CutFile;
  struct Write {
    std::int64_t offset;  // -1: truncated to what `bytes` has as a number
    std::string bytes;
  };
  struct File {
    bool there = false;  // its name survives
    std::string durable;
    std::vector<Write> unsynced;
  };
  static void apply(std::string& content, const Write& write);
  void synced(const std::string& path);

  sqlite3_vfs vfs_{};
  sqlite3_vfs* real_ = nullptr;
  std::map<std::string, File> files_;
  int syncs_ = 0;
  bool recording_ = false;
  std::vector<Image> images_;
  std::mt19937 dice_{20261125};
};

}  // namespace wye::control::testing
