#include "control/store/postgres/failures.h"

#include <algorithm>
#include <array>

namespace wye::control::postgres {
namespace {

using std::string_view;

template <std::size_t kSize>
bool is_one_of(const std::array<string_view, kSize>& all, string_view state) {
  return std::find(all.begin(), all.end(), state) != all.end();
}

constexpr std::array<string_view, 2> kInTheWay{"40001", "40P01"};  // serialization_failure, deadlock_detected
// admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout; and
// read_only_sql_transaction: this server was the primary and is no longer.
constexpr std::array<string_view, 6> kLeave{"57P01", "57P02", "57P03", "57P04", "57P05", "25006"};
// The server canceled the statement, or could not get a lock in time.
constexpr std::array<string_view, 2> kTooSlow{"57014", "55P03"};
// A text with a NUL, or with bytes that are not UTF-8.
constexpr std::array<string_view, 2> kNoText{"22021", "22P05"};

}  // namespace

Remedy remedy_of(string_view state) {
  if (is_one_of(kInTheWay, state)) return Remedy::again;
  // Without a state the error is libpq's own: the connection broke.
  if (state.empty() || state.starts_with("08") || is_one_of(kLeave, state)) return Remedy::reconnect;
  return Remedy::none;
}

Error unavailable(const std::string& why) {
  return {.kind = ErrorKind::disconnected,
          .code = "store_unavailable",
          .message = "the server's database cannot be used now (" + why + "); try again",
          .status = 503};
}

Error commit_unknown() {
  return {.kind = ErrorKind::disconnected,
          .code = "commit_unknown",
          .message =
              "the database went away during a commit, which may have been done; look before you try again",
          .status = 503};
}

Error error_of(string_view state, const std::string& message) {
  if (state == "23505")  // unique_violation
    return {.kind = ErrorKind::conflict, .code = "conflict", .message = "it is there already"};
  if (is_one_of(kNoText, state))
    return {.kind = ErrorKind::invalid,
            .code = "bad_request",
            .message = "a text holds a NUL character or is not UTF-8, which the database does not keep"};
  if (remedy_of(state) != Remedy::none || state.starts_with("53") || is_one_of(kTooSlow, state))
    return unavailable(message);
  return {.kind = ErrorKind::internal, .code = "store_failed", .message = "the database says: " + message};
}

}  // namespace wye::control::postgres
