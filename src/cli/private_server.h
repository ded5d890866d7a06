#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "wye/result.h"

namespace wye::cli {

/// Runs `wye serve` as a child process on free ports, with a data directory and a key of its own. The
/// destructor ends the server and removes the directory.
class PrivateServer {
 public:
  static Result<std::unique_ptr<PrivateServer>> start();
  ~PrivateServer();
  [[nodiscard]] const std::string& base_url() const { return base_url_; }
  [[nodiscard]] const std::string& api_key() const { return api_key_; }

 private:
  PrivateServer() = default;
  Result<void> wait_ready(int fd);
  pid_t pid_ = -1;
  std::string directory_, base_url_, api_key_;
};

}  // namespace wye::cli
