#include "cli/write_out.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace wye::cli {

Result<void> write_out(std::string_view bytes, std::FILE* to) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), to) == bytes.size() && std::fflush(to) == 0) return {};
  return Error{.kind = ErrorKind::internal,
               .code = "output_failed",
               .message = std::string(to == stdout ? "standard output" : "standard error") +
                          " cannot be written: " + std::strerror(errno)};
}

}  // namespace wye::cli
