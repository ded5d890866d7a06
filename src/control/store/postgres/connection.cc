#include "control/store/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/try.h"

namespace wye::control::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kOldestServer = 150000;  // 15.0

// Returns the events that came; 0 when the time is over.
short wait_on(int socket, short events, steady_clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    pollfd ready{socket, events, 0};
    const int got = ::poll(&ready, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
    if (got > 0) return ready.revents;
    if (got == 0 || errno != EINTR) return 0;
  }
}

// The first line of libpq's message, which says what failed and holds no password.
std::string reason_of(const PGconn* handle) {
  std::string text = ::PQerrorMessage(handle);
  text.resize(std::min(text.find('\n'), text.size()));
  return text.empty() ? "the connection was lost" : text;
}

// Parameters as libpq takes them; `values` must outlive them.
struct Parameters {
  explicit Parameters(const Values& values) : formats(values.encoded().size(), 1) {
    for (const auto& one : values.encoded()) {
      texts.push_back(one.data());
      lengths.push_back(static_cast<int>(one.size()));
    }
  }
  std::vector<const char*> texts;
  std::vector<int> lengths, formats;
};

}  // namespace

Connection::Connection(pg_conn* handle, milliseconds patience)
    : handle_(handle, ::PQfinish), patience_(patience) {}

Result<Connection> Connection::open(const DatabaseAddress& address, const Patience& patience) {
  std::vector<const char*> names, values;
  for (const auto& [name, value] : address.parameters()) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  Connection out(::PQconnectStartParams(names.data(), values.data(), 0), patience.statement);
  WYE_CHECK(out.finish_opening(patience));
  return out;
}

Result<void> Connection::finish_opening(const Patience& patience) {
  const auto until = steady_clock::now() + patience.connect;
  if (!handle_ || ::PQstatus(handle_.get()) == CONNECTION_BAD) return lose(reason_of(handle_.get()));
  for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK; next = ::PQconnectPoll(handle_.get())) {
    if (next == PGRES_POLLING_FAILED) return lose(reason_of(handle_.get()));
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (wait_on(socket(), events, until) == 0) return lose("it does not answer");
  }
  ::PQsetnonblocking(handle_.get(), 1);
  return set_up(patience);
}

// Sets these on the connection and not in its start-up packet, which a pooler in between would refuse.
Result<void> Connection::set_up(const Patience& patience) {
  if (::PQserverVersion(handle_.get()) < kOldestServer)
    return Error{.kind = ErrorKind::unsupported,
                 .code = "store_unsupported",
                 .message = "the database server is older than PostgreSQL 15; use 15 or newer"};
  const auto limit = std::to_string(patience.statement.count());
  // An operator's stronger setting, remote_apply, stays.
  const auto settings =
      "SET search_path TO wye; SET statement_timeout TO " + limit + "; SET lock_timeout TO " + limit +
      "; SET idle_in_transaction_session_timeout TO " + limit +
      "; SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN "
      "'remote_apply' THEN 'remote_apply' ELSE 'on' END, false); SELECT "
      "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), current_setting('server_encoding')";
  WYE_TRY(const auto said, script(settings.c_str()));
  timeline_ = said.text(0, 0);
  if (said.view(0, 1) != "UTF8")
    return Error{.kind = ErrorKind::unsupported,
                 .code = "store_unsupported",
                 .message = "the database's encoding is " + said.text(0, 1) +
                            "; make one with `createdb --encoding=UTF8 --template=template0`"};
  return {};
}

Error Connection::lose(const std::string& why) {
  lost_ = true;
  remedy_ = Remedy::reconnect;
  return unavailable(why);
}

int Connection::socket() const { return ::PQsocket(handle_.get()); }

bool Connection::is_quiet() const {
  return !lost_ && ::PQstatus(handle_.get()) == CONNECTION_OK &&
         ::PQtransactionStatus(handle_.get()) == PQTRANS_IDLE &&
         wait_on(socket(), POLLIN, steady_clock::now()) == 0;
}

Result<Rows> Connection::run(const char* sql, const Values& values) {
  if (lost_) return unavailable("the connection was lost");
  const Parameters all(values);
  if (::PQsendQueryParams(handle_.get(), sql, values.count(), values.types().data(), all.texts.data(),
                          all.lengths.data(), all.formats.data(), 1) == 0)
    return lose(reason_of(handle_.get()));
  return answer();
}

Result<Rows> Connection::run_planned(const std::string& sql, const Values& values) {
  if (lost_) return unavailable("the connection was lost");
  if (!planned_.contains(sql)) {
    const auto name = "s" + std::to_string(planned_.size());
    if (::PQsendPrepare(handle_.get(), name.c_str(), sql.c_str(), values.count(), values.types().data()) == 0)
      return lose(reason_of(handle_.get()));
    WYE_CHECK(answer());
    planned_.emplace(sql, name);
  }
  const Parameters all(values);
  if (::PQsendQueryPrepared(handle_.get(), planned_.at(sql).c_str(), values.count(), all.texts.data(),
                            all.lengths.data(), all.formats.data(), 1) == 0)
    return lose(reason_of(handle_.get()));
  return answer();
}

Result<Rows> Connection::script(const char* sql) {
  if (lost_) return unavailable("the connection was lost");
  if (::PQsendQuery(handle_.get(), sql) == 0) return lose(reason_of(handle_.get()));
  return answer();
}

Result<void> Connection::send_all(steady_clock::time_point until) {
  for (;;) {
    const int left = ::PQflush(handle_.get());
    if (left == 0) return {};
    if (left < 0) return lose(reason_of(handle_.get()));
    // Waits for both: a server that cannot send its answer stops reading.
    const auto ready = wait_on(socket(), POLLIN | POLLOUT, until);
    if (ready == 0) return lose("it does not answer");
    if ((ready & POLLIN) != 0 && ::PQconsumeInput(handle_.get()) == 0) return lose(reason_of(handle_.get()));
  }
}

Result<void> Connection::wait_for_answer(steady_clock::time_point until) {
  while (::PQisBusy(handle_.get()) == 1) {
    if (wait_on(socket(), POLLIN, until) == 0) return lose("it does not answer");
    if (::PQconsumeInput(handle_.get()) == 0) return lose(reason_of(handle_.get()));
  }
  return {};
}

// Reads all results of what was sent; returns the first failure, or the last result.
Result<Rows> Connection::answer() {
  // The server's own limit is shorter, so that it gives up first, and says so.
  const auto until = steady_clock::now() + patience_ + patience_ / 4;
  remedy_ = Remedy::none;
  WYE_CHECK(send_all(until));
  Rows last(nullptr);
  for (std::optional<Error> failed;;) {
    WYE_CHECK(wait_for_answer(until));
    auto* const result = ::PQgetResult(handle_.get());
    if (result == nullptr) {
      if (failed) return std::move(*failed);
      return last;
    }
    const auto status = ::PQresultStatus(result);
    Rows rows(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
      last = std::move(rows);
      continue;
    }
    const char* state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* message = ::PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const std::string code = state != nullptr ? state : "";
    remedy_ = remedy_of(code);
    if (remedy_ == Remedy::reconnect || ::PQstatus(handle_.get()) == CONNECTION_BAD)
      return lose(message != nullptr ? message : reason_of(handle_.get()));
    if (!failed) failed = error_of(code, message != nullptr ? message : "no reason");
  }
}

}  // namespace wye::control::postgres
