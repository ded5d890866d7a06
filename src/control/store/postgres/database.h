#pragma once

#include <functional>
#include <optional>

#include "control/store/postgres/pool.h"

namespace wye::control::postgres {

/// Runs reads and transactions on a pool's connections, and handles the failures of a database over a
/// network: connections die while idle or in use, transactions collide, the answer to a commit is lost.
/// Thread-safe.
class Database {
 public:
  explicit Database(Pool& pool) : pool_(pool) {}

  using Work = std::function<Result<void>(Connection&)>;
  /// Runs statements that change nothing, each by itself; they are run a second time when the connection is
  /// lost.
  Result<void> read(const Work& work);
  /// Runs reads so that all statements see the database as it is at the first of them. When the work is run
  /// again, it continues where it was.
  Result<void> read_at_one_moment(const Work& work);
  /// Runs one transaction. The work may be run again from its beginning, so before the commit it must change
  /// nothing but the database. Without an error the transaction is committed. With `commit_unknown` it may
  /// be; with any other error it is not. `statement` is how long each statement may take, where that is more
  /// than usual.
  Result<void> write(const Work& work, std::optional<std::chrono::milliseconds> statement = {});

  /// Returns the rows of one statement that changes nothing.
  Result<Rows> select(const char* sql, const Values& values = {});
  /// Runs one statement that changes something, as a transaction.
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
