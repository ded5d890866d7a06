#include "vm/command/command_user.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/try.h"

namespace wye::vm {
namespace {

constexpr std::uint32_t kLastId = 65'534;  // a VM has 65,536 ids, and the last is no user's
constexpr std::size_t kMaxName = 64;

Error bad(std::string code, std::string message) {
  return {.kind = ErrorKind::invalid, .code = std::move(code), .message = std::move(message)};
}

std::optional<std::uint32_t> read_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || id > kLastId)
    return std::nullopt;
  return id;
}

CommandUser user_of(const passwd& entry) {
  return {.uid = entry.pw_uid, .gid = entry.pw_gid, .name = entry.pw_name, .home = entry.pw_dir};
}

std::optional<CommandUser> named(const std::string& name) {
  passwd entry{}, *found = nullptr;
  std::array<char, 4096> room;
  if (::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return user_of(*found);
}

// An id needs no name.
CommandUser numbered(std::uint32_t uid, std::optional<std::uint32_t> gid) {
  passwd entry{}, *found = nullptr;
  std::array<char, 4096> room;
  CommandUser user{.uid = uid, .gid = uid, .name = std::to_string(uid), .home = "/"};
  if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    user = user_of(*found);
  if (gid) user.gid = *gid;
  return user;
}

Result<CommandUser> read_user(const std::string& text) {
  const auto unknown = bad("unknown_user", "as_user must be a user of the VM, a uid, or uid:gid");
  if (text.size() > kMaxName || text.find('\0') != std::string::npos) return unknown;
  const auto colon = text.find(':');
  if (colon != std::string::npos) {
    const auto uid = read_id(std::string_view(text).substr(0, colon)),
               gid = read_id(std::string_view(text).substr(colon + 1));
    if (!uid || !gid) return unknown;
    return numbered(*uid, gid);
  }
  if (const auto uid = read_id(text)) return numbered(*uid, std::nullopt);
  auto found = named(text);
  if (!found) return unknown;
  return std::move(*found);
}

}  // namespace

Result<CommandUser> command_user(const VmUsers& users, std::string_view as_user, bool as_root) {
  if (as_root && !as_user.empty()) return bad("bad_request", "as_user and as_root exclude each other");
  const bool only_one = users.uid < 0;
  const auto uid = only_one ? ::getuid() : static_cast<uid_t>(users.uid);
  CommandUser own{.uid = uid,
                  .gid = only_one ? ::getgid() : static_cast<gid_t>(users.gid),
                  .name = "kernel",
                  .home = users.home};
  if (!as_root && as_user.empty()) return own;
  WYE_TRY(auto user, read_user(as_root ? "root" : std::string(as_user)));
  if (only_one && user.uid != own.uid)
    return bad("unsupported_value",
               "this server is run by an ordinary user, so its VMs have no user but kernel");
  return user.uid == own.uid && user.gid == own.gid ? own : user;
}

}  // namespace wye::vm
