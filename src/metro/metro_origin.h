#pragma once

#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::metro {

/// Where clients reach the metro: at one origin for all sessions, or at one for each of them
/// (`https://*.browsers.example.com`). With one for each, a web browser keeps what one session's VM says
/// apart from another's (docs/adr/0007-session-origins.md). Immutable.
class MetroOrigin {
 public:
  /// Makes an unknown origin: clients use the metro's own scheme and the request's own Host.
  MetroOrigin() = default;
  /// Parses `http(s)://host[:port]`; the host's first label may be `*`. Errors are `invalid` and name the
  /// fault.
  static Result<MetroOrigin> parse(std::string_view text);

  [[nodiscard]] bool known() const { return !scheme_.empty(); }
  [[nodiscard]] bool per_session() const { return per_session_; }
  [[nodiscard]] const std::string& scheme() const { return scheme_; }
  /// Returns `host[:port]`; "" when it is not known.
  [[nodiscard]] std::string host_of(std::string_view session_id) const;
  [[nodiscard]] std::string url_of(std::string_view session_id) const {
    return scheme_ + "://" + host_of(session_id);
  }
  /// Whether a request with this `Host` may use the session: with an origin a session, only that session's.
  [[nodiscard]] bool admits(std::string_view host_field, std::string_view session_id) const;

 private:
  std::string scheme_;  // lower case
  std::string host_;    // with its port; without the `*` when there is one
  bool per_session_ = false;
};

}  // namespace wye::metro
