#pragma once

#include <functional>
#include <optional>

#include "control/store/postgres/pool.h"

namespace wye::control::postgres {

/// Runs reads and transactions on a pool's connections, and meets what a database over a connection can do to
/// them: connections die while they are idle or in use, transactions meet, a commit's answer is lost.
/// Thread-safe.
class Database {
 public:
  explicit Database(Pool& pool) : pool_(pool) {}

  using Work = std::function<Result<void>(Connection&)>;
  /// Statements that change nothing, each by itself; they are run a second time when the connection is lost.
  Result<void> read(const Work& work);
  /// The same, and all statements see the database as it is at the first of them. The work goes on where it
  /// was when it is run again.
  Result<void> read_at_one_moment(const Work& work);
  /// One transaction. The work may be run again from its beginning: before the commit it changes nothing but
  /// the database. Without an error it is committed. With `commit_unknown` it may be; with any other it is
  /// not. `statement`: how long each may take, where that is more than usual.
  Result<void> write(const Work& work, std::optional<std::chrono::milliseconds> statement = {});

  /// The rows of one statement that changes nothing.
  Result<Rows> select(const char* sql, const Values& values = {});
  /// One statement that changes something, as a transaction.
  Result<Rows> change(const char* sql, const Values& values = {});

 private:
  enum class Attempt { again, done };
  struct Outcome {
    Attempt next = Attempt::done;
    Result<void> result;
  };
  Outcome try_write(const Work& work, std::optional<std::chrono::milliseconds> statement, bool fresh);
  Outcome settle(const std::string& transaction, const std::string& timeline) const;

  Pool& pool_;
};

}  // namespace wye::control::postgres
