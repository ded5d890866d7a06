#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wye/browsers.h"

namespace wye {

/// TypeScript or JavaScript to run beside the browser (wire-api §9; docs/playwright.md).
struct PlaywrightCode {
  std::string code;  ///< A function's body, with `page`, `context` and `browser`. ≤ 8 MiB.
  std::optional<std::int64_t> timeout_sec;  ///< Seconds until it is killed, 1–300. Absent: 60.
  /// The process and tab that run it: 1–64 letters, digits, `_` or `-`; made when it is first named, up to
  /// eight. Absent: `default`, whose page is the tab that was used last.
  std::optional<std::string> executor;
};

/// The tab of a named executor.
struct PlaywrightTab {
  std::string target_id;  ///< Its CDP target.
  bool created = false;   ///< Whether it is new: the first call's, or in place of one that was closed.
};

/// What the code made.
struct PlaywrightResult {
  bool success = false;                      ///< False: the code has thrown, took too long, or was stopped.
  std::optional<boost::json::value> result;  ///< What it has returned; absent for `undefined`.
  std::optional<std::string> error;          ///< Why it was no success.
  std::optional<std::string> stdout_;        ///< What it has printed, up to 1 MiB.
  std::optional<std::string> stderr_;        ///< Likewise.
  std::optional<PlaywrightTab> tab;          ///< Present for a named executor with a tab.
};

/// A process that runs code.
struct PlaywrightExecutor {
  std::string name;                      ///< As the calls name it.
  bool busy = false;                     ///< Whether code runs now.
  std::string created_at;                ///< RFC 3339.
  std::string last_used_at;              ///< RFC 3339.
  std::optional<std::string> target_id;  ///< Of its tab.
  std::optional<std::string> url;        ///< Where its tab is.
};

/// Code beside the browser, with Playwright: `client.browsers().playwright()`. Like the client that made it,
/// thread-safe and cheap to copy. Calls go straight to the VM where a route is known; a gone browser is
/// `not_found` with the code `browser_gone`.
class Playwright {
 public:
  explicit Playwright(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// Runs code; code that fails is a value, with `success` false. A client that goes away stops it, so a call
  /// whose `timeout` is absent waits at least 15 s longer than `timeout_sec`. Never sent again once it may
  /// have run. A ninth executor is a `conflict`.
  Result<Reached<PlaywrightResult>> execute(const std::string& id_or_name, const PlaywrightCode& code,
                                            CallOptions call = {}) const;
  /// Lists the executors: `default` first, then the oldest.
  Result<std::vector<PlaywrightExecutor>> executors(const std::string& id_or_name,
                                                    CallOptions call = {}) const;
  /// Ends an executor, and the code that it runs; closes its tab unless told otherwise. `default` is
  /// restarted.
  Result<RouteInfo> remove_executor(const std::string& id_or_name, const std::string& name,
                                    bool close_tab = true, CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
