#include "cli/database_option.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/try.h"
#include "base/unique_fd.h"

namespace wye::cli {
namespace {

constexpr std::size_t kMaxUrlBytes = 4096;

Error usage(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "usage", .message = std::move(message)};
}

Result<std::string> read_url_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return usage(path + ": " + std::strerror(errno));
  if ((status.st_mode & 077) != 0)
    return usage(path + " can be read by other users; `chmod 600 " + path +
                 "` once its password is a new one");
  std::array<char, kMaxUrlBytes> bytes;
  const auto got = ::read(file.get(), bytes.data(), bytes.size());
  if (got < 0) return usage(path + ": " + std::strerror(errno));
  std::string text(bytes.data(), static_cast<std::size_t>(got));
  text.resize(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

}  // namespace

Result<std::optional<control::postgres::DatabaseAddress>> read_database(const Arguments& arguments) {
  using control::postgres::DatabaseAddress;
  std::string from_environment;
  if (const char* value = std::getenv("WYE_DATABASE"); value != nullptr) from_environment = value;
  ::unsetenv("WYE_DATABASE");
  if (const auto given = arguments.get("database")) {
    WYE_TRY(auto address, DatabaseAddress::parse(*given));
    if (address.has_password())
      return usage(
          "other users can read a password among the arguments; give the URL in WYE_DATABASE or in a file "
          "with --database-file, or the password in ~/.pgpass");
    return std::optional(std::move(address));
  }
  if (const auto path = arguments.get("database-file")) {
    WYE_TRY(const auto url, read_url_file(*path));
    WYE_TRY(auto address, DatabaseAddress::parse(url));
    return std::optional(std::move(address));
  }
  if (from_environment.empty()) return std::optional<DatabaseAddress>();
  WYE_TRY(auto address, DatabaseAddress::parse(from_environment));
  return std::optional(std::move(address));
}

void add_database_options(std::vector<Option>& options) {
  options.push_back(
      {"database", 0, "URL",
       "the record is in PostgreSQL: postgres://USER@HOST/DATABASE (default: WYE_DATABASE; without, it "
       "is in the data directory)"});
  options.push_back({"database-file", 0, "FILE", "the same, read from a file, which may hold a password"});
}

}  // namespace wye::cli
