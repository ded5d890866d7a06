#pragma once

#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::control::postgres {

/// What an SQLSTATE asks of the caller.
enum class Remedy {
  none,       ///< It is said to whoever asked.
  again,      ///< The same transaction, from its beginning: another one was in its way.
  reconnect,  ///< This connection is of no use any more.
};
[[nodiscard]] Remedy remedy_of(std::string_view sqlstate);

/// The error that callers of the store see. `message`: the server's primary message, which holds no values.
[[nodiscard]] Error error_of(std::string_view sqlstate, const std::string& message);
/// `store_unavailable`, 503: it passes, and the caller tries again.
[[nodiscard]] Error unavailable(const std::string& why);
/// `commit_unknown`, 503: the connection was lost while a commit was under way, and whether it was done could
/// not be found out in time. The caller reads what is on record before it goes on.
[[nodiscard]] Error commit_unknown();

}  // namespace wye::control::postgres
