#pragma once

#include <string_view>

// How a call to the agent is treated, from its method and decoded tail. Pure.
namespace wye::metro {

/// What the wait for the answer's head is measured by.
enum class Patience {
  ordinary,   ///< 50 s
  brief,      ///< 10 s
  heartbeat,  ///< As long as the agent answers a ping: exec, playwright, curl, transfers.
};

/// What the call does to the session's idle timer (vm-api §6).
enum class Use { hold, touch, none };

struct CallPolicy {
  bool served = false;  ///< With a session's JWT.
  Patience patience = Patience::ordinary;
  Use use = Use::hold;
  bool may_have_run = false;           ///< A lost answer must not be tried again (`x-should-retry: false`).
  bool registry_tail = false;          ///< A 404 of the VM's must not say `browser_gone`.
  bool sets_telemetry = false;         ///< The Browser object follows a successful answer.
  bool archive_tail = false;           ///< Pages older than the spool come from the archive.
  bool carries_authorization = false;  ///< `curl/raw`: the field belongs to the target.
  bool lists_targets = false;          ///< `/json…` below `/browser/cdp`: URLs in it get the JWT.
};

/// `tail` as `decoded_tail` gives it.
[[nodiscard]] CallPolicy api_policy(std::string_view method, std::string_view tail);
/// `tail` begins with `browser/cdp`, `browser/webdriver` or `browser/live`.
[[nodiscard]] CallPolicy socket_policy(std::string_view method, std::string_view tail);

}  // namespace wye::metro
