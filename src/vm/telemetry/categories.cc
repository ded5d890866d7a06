#include "vm/telemetry/categories.h"

#include <array>
#include <utility>

namespace wye::vm {

const std::set<std::string, std::less<>>& settable_categories() {
  static const std::set<std::string, std::less<>> kAll{"control",    "connection", "system", "captcha",
                                                       "console",    "network",    "page",   "interaction",
                                                       "screenshot", "platform"};
  return kAll;
}

const std::set<std::string, std::less<>>& default_categories() {
  static const std::set<std::string, std::less<>> kDefault{"control", "connection", "system", "captcha"};
  return kDefault;
}

std::string_view category_of_type(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 36> kTypes{{
      {"console_log", "console"},
      {"console_error", "console"},
      {"network_request", "network"},
      {"network_response", "network"},
      {"network_loading_failed", "network"},
      {"network_idle", "network"},
      {"proxy_error", "network"},
      {"page_navigation", "page"},
      {"page_dom_content_loaded", "page"},
      {"page_load", "page"},
      {"page_tab_opened", "page"},
      {"page_crashed", "page"},
      {"page_layout_shift", "page"},
      {"page_lcp", "page"},
      {"page_layout_settled", "page"},
      {"page_navigation_settled", "page"},
      {"interaction_click", "interaction"},
      {"interaction_key", "interaction"},
      {"interaction_scroll_settled", "interaction"},
      {"monitor_screenshot", "screenshot"},
      {"monitor_disconnected", "monitor"},
      {"monitor_reconnected", "monitor"},
      {"monitor_reconnect_failed", "monitor"},
      {"monitor_init_failed", "monitor"},
      {"api_call", "control"},
      {"cdp_command", "control"},
      {"platform_api_call", "platform"},
      {"cdp_connect", "connection"},
      {"cdp_disconnect", "connection"},
      {"live_view_connect", "connection"},
      {"live_view_disconnect", "connection"},
      {"captcha_solve_result", "captcha"},
      {"captcha_solve_started", "captcha"},
      {"captcha_challenge_result", "captcha"},
      {"system_oom_kill", "system"},
      {"service_crashed", "system"},
  }};
  for (const auto& [name, category] : kTypes)
    if (name == type) return category;
  return {};
}

Result<void> check_categories(const std::map<std::string, TelemetryCategory>& categories) {
  for (const auto& [name, setting] : categories) {
    if (settable_categories().count(name) == 0)
      return Error{.kind = ErrorKind::invalid,
                   .code = "bad_request",
                   .message = "telemetry.browser." + name.substr(0, 64) + " is not a category"};
    if (setting.enabled && default_categories().count(name) == 0)
      return Error{.kind = ErrorKind::invalid,
                   .code = "unsupported_value",
                   .message = "telemetry.browser." + name +
                              " is not available yet; available: control, connection, system, captcha"};
  }
  return {};
}

}  // namespace wye::vm
