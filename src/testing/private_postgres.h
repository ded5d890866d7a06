#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace wye::testing {

/// A PostgreSQL of a test's own (the script private_postgres beside this file): on a unix socket in a
/// temporary directory, empty at first, and gone with this object or with the process, however that ends.
/// Throws when a command fails.
class PrivatePostgres {
 public:
  /// `settings` are lines of postgresql.conf, `name=value`.
  explicit PrivatePostgres(const std::vector<std::string>& settings = {});
  ~PrivatePostgres();
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;

  /// The URL for an administrator who needs no password.
  [[nodiscard]] const std::string& url() const { return url_; }
  /// The socket's directory.
  [[nodiscard]] std::string directory() const;

  void stop() { tell("stop"); }
  /// Returns once the server answers.
  void start() { tell("start"); }
  /// Sends SIGKILL to all its processes.
  void kill() { tell("kill"); }
  /// Sends SIGSTOP to all its processes.
  void freeze() { tell("freeze"); }
  void thaw() { tell("thaw"); }

 private:
  void tell(const std::string& word);
  std::string read_line();

  UniqueFd commands_, answers_;
  std::string buffer_, url_;
  pid_t script_ = -1;
};

}  // namespace wye::testing
