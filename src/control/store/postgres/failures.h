#pragma once

#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::control::postgres {

/// What an SQLSTATE asks of the caller.
enum class Remedy {
  none,       ///< Nothing: the caller gets the error.
  again,      ///< Run the same transaction from its beginning: another one was in its way.
  reconnect,  ///< Drop this connection: it is of no more use.
};
[[nodiscard]] Remedy remedy_of(std::string_view sqlstate);

/// Returns the error that callers of the store see. `message` is the server's primary message, which holds no
/// values.
[[nodiscard]] Error error_of(std::string_view sqlstate, const std::string& message);
/// `store_unavailable`, 503: it passes, and the caller may try again.
[[nodiscard]] Error unavailable(const std::string& why);
/// `commit_unknown`, 503: the connection was lost during a commit, and whether it was done could not be found
/// out in time. The caller must read the record before it goes on.
[[nodiscard]] Error commit_unknown();

}  // namespace wye::control::postgres
