#include "control/server_id.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace wye::control {

Result<std::string> server_id_of(const std::string& data_dir, Random& random) {
  const auto path = data_dir + "/server-id";
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const auto failed = [&] {
    return Error{.kind = ErrorKind::invalid,
                 .code = "data_dir_unusable",
                 .message = path + ": " + std::strerror(errno)};
  };
  if (!file) return failed();
  std::array<char, 64> bytes{};
  const auto size = ::read(file.get(), bytes.data(), bytes.size());
  if (size < 0) return failed();
  if (const std::string kept(bytes.data(), static_cast<std::size_t>(size)); is_id(kept)) return kept;
  const auto made = new_id(random);
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), made.data(), made.size(), 0) != static_cast<ssize_t>(made.size()))
    return failed();
  return made;
}

}  // namespace wye::control
