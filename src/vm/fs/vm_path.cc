#include "vm/fs/vm_path.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/encoding.h"
#include "base/try.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr std::size_t kMaxPath = 4095;

UniqueFd openat2(int at, const std::string& path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, at, path.c_str(), &how, sizeof how)));
}

bool is_name(std::string_view segment) { return !segment.empty() && segment != "." && segment != ".."; }

Error no_name(const VmPath& path) { return invalid_input(path.text() + ": the path must end with a name"); }

}  // namespace

Result<VmPath> VmPath::parse(std::string_view text, std::string_view field) {
  const auto refused = [field](const char* why) { return invalid_input(std::string(field) + " " + why); };
  if (text.empty()) return refused("is required");
  if (text.front() != '/') return refused("must be absolute");
  if (text.size() > kMaxPath) return refused("must have at most 4095 bytes");
  if (text.find('\0') != std::string_view::npos) return refused("must not hold NUL");
  if (!is_utf8(text)) return refused("must be UTF-8");
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  return VmPath(std::string(text));
}

std::string_view VmPath::name() const {
  const std::string_view all = text_;
  return all == "/" ? all : all.substr(all.rfind('/') + 1);
}

VmPath VmPath::parent() const {
  auto end = text_.rfind('/');
  while (end > 0 && text_[end - 1] == '/') --end;
  return VmPath(end == 0 ? "/" : text_.substr(0, end));
}

Result<mode_t> parse_mode(const std::optional<std::string>& text, mode_t otherwise) {
  if (!text || text->empty()) return otherwise;
  if (text->size() < 3 || text->size() > 4 || text->find_first_not_of("01234567") != std::string::npos)
    return invalid_input("mode must be three or four octal digits");
  return static_cast<mode_t>(std::stoul(*text, nullptr, 8));
}

Result<UniqueFd> open_path(const VmPath& path, int flags) {
  auto out = openat2(AT_FDCWD, path.text(), flags, RESOLVE_NO_MAGICLINKS);
  if (!out) return file_error(errno, path.text());
  struct statfs system {};
  if (::fstatfs(out.get(), &system) != 0) return file_error(errno, path.text());
  if (system.f_type == PROC_SUPER_MAGIC) return not_a_file(path.text());
  return out;
}

Result<UniqueFd> open_to_read(const UniqueFd& at, const VmPath& path) {
  struct stat status {};
  if (::fstat(at.get(), &status) != 0) return file_error(errno, path.text());
  if (S_ISDIR(status.st_mode)) return file_error(EISDIR, path.text());
  if (!S_ISREG(status.st_mode)) return not_a_file(path.text());
  const auto again = "/proc/self/fd/" + std::to_string(at.get());
  // A program may have a lease on its file, for whose end the kernel would wait for long.
  UniqueFd out(::open(again.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!out) return file_error(errno, path.text());
  return out;
}

Result<Place> place_of(const VmPath& path) {
  if (path.text() == "/" || !is_name(path.name())) return no_name(path);
  WYE_TRY(auto directory, open_path(path.parent(), O_PATH | O_DIRECTORY));
  return Place{std::move(directory), std::string(path.name())};
}

Result<NewPlace> new_place_of(const VmPath& path) {
  if (path.text() == "/" || !is_name(path.name())) return no_name(path);
  NewPlace out{.name = std::string(path.name())};
  for (auto at = path.parent();; at = at.parent()) {
    auto there = open_path(at, O_PATH | O_DIRECTORY);
    if (there) {
      out.nearest = std::move(*there);
      return out;
    }
    if (there.error().kind != ErrorKind::not_found || at.text() == "/") return there.error();
    // What is not there has no parent: `..` behind it leads nowhere.
    if (!is_name(at.name())) return there.error();
    out.missing.insert(out.missing.begin(), std::string(at.name()));
  }
}

Result<UniqueFd> make_missing(const NewPlace& place, const VmPath& path) {
  UniqueFd at(::fcntl(place.nearest.get(), F_DUPFD_CLOEXEC, 0));
  if (!at) return file_error(errno, path.text());
  for (const auto& name : place.missing) {
    if (::mkdirat(at.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
      return file_error(errno, path.text());
    UniqueFd next(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return file_error(errno, path.text());
    at = std::move(next);
  }
  return at;
}

}  // namespace wye::vm
