#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "control/store/postgres/address.h"
#include "control/store/postgres/failures.h"
#include "control/store/postgres/rows.h"
#include "control/store/postgres/values.h"

struct pg_conn;

namespace wye::control::postgres {

/// The longest waits for a database.
struct Patience {
  std::chrono::milliseconds connect{3'000};    ///< Until it accepts a connection; names are resolved before.
  std::chrono::milliseconds statement{5'000};  ///< For the answer to one statement.
  std::chrono::milliseconds archive{
      30'000};                            ///< For the same in a transaction that archives, which holds 8 MiB.
  std::chrono::milliseconds turn{3'000};  ///< For a connection while others use them.
  std::chrono::milliseconds settle{5'000};  ///< To find out whether a commit was done.
};

/// One connection. Calls block, each within its patience; one thread at a time. What it commits is power-safe
/// on the server (`synchronous_commit`).
class Connection {
 public:
  [[nodiscard]] static Result<Connection> open(const DatabaseAddress& address, const Patience& patience);

  /// Runs one statement with its parameters.
  Result<Rows> run(const char* sql, const Values& values = {});
  /// Runs a statement whose text is a constant of the program: the server plans it once for this connection.
  Result<Rows> run_planned(const std::string& sql, const Values& values);
  /// Runs statements without parameters; returns the rows of the last one, as texts.
  Result<Rows> script(const char* sql);
  /// Applies to the statements that follow.
  void set_patience(std::chrono::milliseconds statement) { patience_ = statement; }

  /// True when the connection broke, or its answer was not waited for: it is of no more use.
  [[nodiscard]] bool lost() const { return lost_; }
  /// True when, after the last failure, the same transaction should be run again.
  [[nodiscard]] bool wants_retry() const { return remedy_ == Remedy::again; }
  /// True when the server has sent nothing: between two statements it sends only its farewell.
  [[nodiscard]] bool is_quiet() const;
  [[nodiscard]] int socket() const;
  /// Tells a server's histories apart: a promotion begins another one.
  [[nodiscard]] const std::string& timeline() const { return timeline_; }

 private:
  Connection(pg_conn* handle, std::chrono::milliseconds patience);
  Result<void> finish_opening(const Patience& patience);
  Result<void> set_up(const Patience& patience);
  Result<Rows> answer();
  Result<void> send_all(std::chrono::steady_clock::time_point until);
  Result<void> wait_for_answer(std::chrono::steady_clock::time_point until);
  Error lose(const std::string& why);

  std::unique_ptr<pg_conn, void (*)(pg_conn*)> handle_;
  std::chrono::milliseconds patience_;
  Remedy remedy_ = Remedy::none;
  bool lost_ = false;
  std::string timeline_;
  std::map<std::string, std::string> planned_;  // by text, the name at the server
};

}  // namespace wye::control::postgres
