#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace wye::testing {

/// A PostgreSQL of a test's own (the script private_postgres beside this): on a unix socket in a temporary
/// directory, empty, and gone with this object or with the process, however that ends. Throws when it does
/// not do what it is told.
class PrivatePostgres {
 public:
  /// `settings`: lines of postgresql.conf, `name=value`.
  explicit PrivatePostgres(const std::vector<std::string>& settings = {});
  ~PrivatePostgres();
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;

  /// Of an administrator who needs no password.
  [[nodiscard]] const std::string& url() const { return url_; }
  /// The socket's directory.
  [[nodiscard]] std::string directory() const;

  void stop() { tell("stop"); }
  /// Returns when it answers.
  void start() { tell("start"); }
  /// SIGKILL to all its processes.
  void kill() { tell("kill"); }
  /// SIGSTOP to all its processes.
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
