#include "control/store/postgres/database.h"

#include <thread>

#include "base/try.h"

namespace wye::control::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kAttempts = 5;
constexpr milliseconds kFirstPause{
    2};  // then longer each time, so that two that collided do not collide again
constexpr milliseconds kAskAgain{50};  // between two questions whether a commit is done

// Begins a transaction, and asks for its number.
std::string begin_with(std::optional<milliseconds> statement) {
  std::string out = "BEGIN; ";
  if (statement) {
    const auto limit = std::to_string(statement->count());
    out += "SET LOCAL statement_timeout TO " + limit + "; SET LOCAL idle_in_transaction_session_timeout TO " +
           limit + "; ";
  }
  return out + "SELECT pg_current_xact_id()";
}

// Sets this side's patience of a connection while the object lives.
class OwnPatience {
 public:
  OwnPatience(Connection& connection, milliseconds usual, std::optional<milliseconds> statement)
      : connection_(connection), usual_(usual) {
    connection_.set_patience(statement.value_or(usual));
  }
  ~OwnPatience() { connection_.set_patience(usual_); }
  OwnPatience(const OwnPatience&) = delete;
  OwnPatience& operator=(const OwnPatience&) = delete;

 private:
  Connection& connection_;
  const milliseconds usual_;
};

}  // namespace

Result<void> Database::read(const Work& work) {
  for (bool fresh = false;; fresh = true) {
    WYE_TRY(auto turn, pool_.take(fresh));
    auto done = work(*turn);
    if (done || fresh || !turn->lost()) return done;
  }
}

Result<void> Database::read_at_one_moment(const Work& work) {
  return read([&](Connection& connection) -> Result<void> {
    WYE_CHECK(connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    auto done = work(connection);
    if (!connection.lost()) (void)connection.script("COMMIT");  // it has changed nothing
    return done;
  });
}

Result<void> Database::write(const Work& work, std::optional<milliseconds> statement) {
  bool fresh = false;
  for (int attempt = 1;; ++attempt) {
    auto outcome = try_write(work, statement, fresh);
    if (outcome.next == Attempt::done || attempt == kAttempts) return std::move(outcome.result);
    fresh = true;
    std::this_thread::sleep_for(kFirstPause * attempt * attempt);
  }
}

Database::Outcome Database::try_write(const Work& work, std::optional<milliseconds> statement, bool fresh) {
  auto turn = pool_.take(fresh);
  if (!turn) return {Attempt::done, turn.error()};
  auto& connection = **turn;
  const auto failed = [&](Error error) -> Outcome {
    // Before COMMIT is sent, nothing is committed. This is where a connection that died while idle is
    // noticed.
    if (connection.lost()) return {fresh ? Attempt::done : Attempt::again, std::move(error)};
    const bool again = connection.wants_retry();
    (void)connection.script("ROLLBACK");
    return {again ? Attempt::again : Attempt::done, std::move(error)};
  };
  const OwnPatience patience(connection, pool_.patience().statement, statement);
  const auto begun = connection.script(begin_with(statement).c_str());
  if (!begun) return failed(begun.error());
  const auto transaction = begun->text(0, 0);
  if (auto done = work(connection); !done) return failed(done.error());
  // With a time limit the server would give up waiting for a standby, and report the transaction as
  // committed.
  const auto committed = connection.script("SET LOCAL statement_timeout TO 0; COMMIT");
  if (committed) return {Attempt::done, {}};
  if (!connection.lost()) return failed(committed.error());
  return settle(transaction, connection.timeline());
}

// Asks the server whether the transaction was committed. On another timeline the number may be another
// transaction's.
Database::Outcome Database::settle(const std::string& transaction, const std::string& timeline) const {
  const auto until = steady_clock::now() + pool_.patience().settle;
  for (; steady_clock::now() < until; std::this_thread::sleep_for(kAskAgain)) {
    auto connection = pool_.open_beside();
    if (!connection) continue;
    if (connection->timeline() != timeline) break;
    const auto asked = connection->run("SELECT pg_xact_status($1::xid8)", Values().text(transaction));
    if (!asked || asked->empty()) continue;
    const auto status = asked->view(0, 0);
    if (status == "committed") return {Attempt::done, {}};
    if (status == "aborted") return {Attempt::again, unavailable("the connection was lost")};
  }
  return {Attempt::done, commit_unknown()};
}

Result<Rows> Database::select(const char* sql, const Values& values) {
  std::optional<Rows> rows;
  WYE_CHECK(read([&](Connection& connection) -> Result<void> {
    WYE_TRY(rows, connection.run(sql, values));
    return {};
  }));
  return std::move(*rows);
}

Result<Rows> Database::change(const char* sql, const Values& values) {
  std::optional<Rows> rows;
  WYE_CHECK(write([&](Connection& connection) -> Result<void> {
    WYE_TRY(rows, connection.run(sql, values));
    return {};
  }));
  return std::move(*rows);
}

}  // namespace wye::control::postgres
