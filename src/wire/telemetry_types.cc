#include "wire/telemetry_types.h"

#include <algorithm>
#include <array>

#include "base/try.h"
#include "wire/cdp_methods.h"

namespace wye::wire {
namespace {

constexpr std::array<TelemetryCategoryInfo, 11> kCategories{{
    {"control", true, true, false, "calls that drive the browser; with `cdp`, CDP clients' commands",
     "one record a call or command"},
    {"connection", true, true, false, "CDP clients that come and go", "two records a connection"},
    {"system", true, true, false, "crashes and out-of-memory kills", "nothing until one happens"},
    {"captcha", true, true, false, "reserved: nothing real can be told here", "nothing"},
    {"network", false, true, true, "requests, responses with text bodies, failures, idle",
     "the most: 2 records a request, one more round trip for a text body"},
    {"console", false, true, true, "console calls and uncaught errors",
     "console calls get slower for the page (its arguments are kept and described); not in `stealth` "
     "sessions"},
    {"page", false, true, true, "tabs, navigations, load, layout shifts, LCP, settled, crashes",
     "a few records a page"},
    {"interaction", false, true, true, "a user's clicks, keys and scrolls",
     "a small script in an isolated world of every frame"},
    {"screenshot", false, true, true, "a PNG of the visible page every 5 s",
     "up to 1 MiB of archive and some of Chromium's time every 5 s"},
    {"platform", false, true, false, "calls that do not drive the browser", "one record a call"},
    {"monitor", false, false, true, "the collector itself: restarts of Chromium, losses",
     "nothing until one happens"},
}};

constexpr std::string_view kNoSolver = "no captcha solver runs here, and a guess would be an invented event";
constexpr std::string_view kNoLiveView = "there is no live view (browsers are headless)";

constexpr std::array<TelemetryTypeInfo, 40> kTypes{{
    {"console_log", "console", "Runtime.consoleAPICalled", "ctx level*:s text*:s args:s[] stack_trace:Stack",
     "a console call other than console.error", ""},
    {"console_error", "console", "Runtime.consoleAPICalled, Runtime.exceptionThrown",
     "ctx text*:s level:s args:s[] line:i column:i source_url:s stack_trace:Stack",
     "console.error (level, args) or an uncaught exception (line and column from 0, source_url)", ""},
    {"network_request", "network", "Network.requestWillBeSent",
     "ctx request_id*:s method*:s document_url*:s headers*:o initiator_type*:s resource_type:s post_data:s "
     "is_redirect:b redirect_url:s",
     "a request leaves; once more a redirect, with the URL it comes from as redirect_url", ""},
    {"network_response", "network", "Network.loadingFinished",
     "ctx request_id*:s method*:s status*:i headers*:o status_text:s mime_type:s resource_type:s body:s",
     "the body is complete", ""},
    {"network_loading_failed", "network", "Network.loadingFailed",
     "ctx request_id*:s error_text*:s canceled*:b resource_type:s", "a request failed or was cancelled", ""},
    {"network_idle", "network", "Network.loadingFinished", "ctx",
     "500 ms without a request under way in a page, its frames and its workers", ""},
    {"proxy_error", "network", "", "ctx request_id*:s code*:s status*:i method:s resource_type:s", "",
     "browsers have no proxy here"},
    {"page_navigation", "page", "Page.frameNavigated, Page.getFrameTree",
     "url*:s frame_id*:s loader_id*:s session_id*:s target_id*:s target_type*:s parent_frame_id:s",
     "a frame shows a new document", ""},
    {"page_dom_content_loaded", "page", "Page.domContentEventFired, Page.lifecycleEvent",
     "ctx cdp_timestamp*:n", "DOMContentLoaded of a page (not of its frames)", ""},
    {"page_load", "page", "Page.loadEventFired, Page.lifecycleEvent", "ctx cdp_timestamp*:n",
     "load of a page (not of its frames)", ""},
    {"page_tab_opened", "page", "Target.attachedToTarget",
     "target_id*:s target_type*:s url*:s title:s opener_id:s", "a new page, also a popup", ""},
    {"page_crashed", "page", "Target.targetCrashed", "target_id*:s target_type*:s url*:s",
     "a page's renderer died", ""},
    {"page_layout_shift", "page", "PerformanceTimeline.timelineEventAdded",
     "ctx source_frame_id*:s time*:n duration*:n layout_shift_details:o",
     "a layout shift (time in ms since 1970; details: value, had_recent_input)", ""},
    {"page_lcp", "page", "PerformanceTimeline.timelineEventAdded",
     "ctx source_frame_id*:s time*:n lcp_details:o",
     "a new largest contentful paint (ms since 1970; details: render_time, load_time, size, element_id, url, "
     "node_id)",
     ""},
    {"page_layout_settled", "page", "Page.loadEventFired, PerformanceTimeline.timelineEventAdded", "ctx",
     "1 s after load; each layout shift restarts that second", ""},
    {"page_navigation_settled", "page", "Page.loadEventFired, PerformanceTimeline.timelineEventAdded", "ctx",
     "DOMContentLoaded and page_layout_settled were both seen", ""},
    {"interaction_click", "interaction", "Runtime.bindingCalled", "ctx x*:i y*:i selector*:s tag*:s text:s",
     "a user's click (also from input over CDP), not a script's", ""},
    {"interaction_key", "interaction", "Runtime.bindingCalled", "ctx key*:s selector*:s tag*:s",
     "a key went down; never in password fields, nor where a closed shadow root could hide one", ""},
    {"interaction_scroll_settled", "interaction", "Runtime.bindingCalled",
     "ctx from_x*:i from_y*:i to_x*:i to_y*:i target_selector*:s",
     "300 ms after the last movement of a scroll that a user's input began", ""},
    {"monitor_screenshot", "screenshot", "Page.captureScreenshot", "png*:s",
     "every 5 s, base64; smaller than the viewport where the record would pass 1 MiB", ""},
    {"monitor_disconnected", "monitor", "local_process", "reason*:s", "Chromium died (chrome_restarted)", ""},
    {"monitor_reconnected", "monitor", "local_process", "reconnect_duration_ms*:i",
     "the collector is attached to the new Chromium", ""},
    {"monitor_reconnect_failed", "monitor", "local_process", "reason*:s",
     "Chromium does not start any more (reconnect_exhausted)", ""},
    {"monitor_init_failed", "monitor", "local_process", "step*:s",
     "DevTools refused a step of attaching, which names it", ""},
    {"telemetry_stopped", "monitor", "local_process", "reason*:s",
     "there is no room for events (disk_full, spool_full or archive_full): none follow until there is", ""},
    {"telemetry_dropped", "monitor", "local_process", "dropped*:i reason*:s category:s",
     "events were lost: disk_full, spool_full, archive_full, rate (a category over its budget), overload (a "
     "bound) or "
     "unreadable",
     ""},
    {"archive_incomplete", "monitor", "local_process", "last_seq*:i last_contact*:i reason*:s",
     "in the archive: what came behind last_seq was lost for ever (spool_missing or spool_truncated)", ""},
    {"api_call", "control", "kernel_api", "operation_id*:s request_id*:s status*:i duration_ms*:n code:s",
     "a call was answered", ""},
    {"cdp_command", "control", "kernel_api",
     "method*:s connection_id*:s session_id:s command_id:i arguments:o cut:b",
     "with `control.cdp`: a CDP client sent a command of the table below (cut: only its first 64 KiB were "
     "read)",
     ""},
    {"platform_api_call", "platform", "kernel_api", "operation_id*:s request_id*:s status*:i duration_ms*:n",
     "a call that does not drive the browser was answered: today `PATCH /display`", ""},
    {"cdp_connect", "connection", "kernel_api", "connection_id:s", "a CDP client connected", ""},
    {"cdp_disconnect", "connection", "kernel_api",
     "duration_ms*:n message_count*:i reason*:s connection_id:s telemetry_dropped:i telemetry_excluded:i",
     "a CDP client is gone; with `control.cdp`: commands lost, and commands left out", ""},
    {"live_view_connect", "connection", "", "session_id*:s", "", kNoLiveView},
    {"live_view_disconnect", "connection", "", "session_id*:s duration_ms*:n", "", kNoLiveView},
    {"captcha_solve_result", "captcha", "",
     "captcha_type*:s status*:s duration_ms*:n error_code:s task_id:s website_host:s website_path:s", "",
     kNoSolver},
    {"captcha_solve_started", "captcha", "",
     "captcha_type*:s task_id:s challenge_id:s website_host:s website_path:s", "", kNoSolver},
    {"captcha_challenge_result", "captcha", "",
     "captcha_type*:s status*:s challenge_id*:s duration_ms*:n website_host:s website_path:s", "", kNoSolver},
    {"system_oom_kill", "system", "local_process",
     "process_name*:s pid*:i rss_kb*:i constraint:s mem_total_kb:i mem_free_kb:i trigger_pid:i "
     "trigger_process_name:s top_tasks:o[]",
     "the kernel killed a process of the VM for its memory", ""},
    {"service_crashed", "system", "local_process", "service_name*:s phase*:s pid:i",
     "Chromium died (startup, running) or is not started again (gave_up)", ""},
    {"telemetry_damaged", "system", "local_process", "lost_bytes*:i",
     "bytes of the spool were no records; told when the session ends", ""},
}};

}  // namespace

std::span<const TelemetryCategoryInfo> telemetry_categories() { return kCategories; }
std::span<const TelemetryTypeInfo> telemetry_types() { return kTypes; }

const TelemetryCategoryInfo* find_telemetry_category(std::string_view name) {
  const auto found = std::find_if(kCategories.begin(), kCategories.end(),
                                  [&](const auto& category) { return category.name == name; });
  return found == kCategories.end() ? nullptr : &*found;
}

std::string_view telemetry_category_of(std::string_view type) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& known) { return known.type == type; });
  return found == kTypes.end() ? std::string_view() : found->category;
}

Result<void> check_telemetry_categories(const std::map<std::string, TelemetryCategory>& categories) {
  for (const auto& [name, setting] : categories) {
    const auto* known = find_telemetry_category(name);
    if (known == nullptr || !known->settable)
      return Error{.kind = ErrorKind::invalid,
                   .code = "bad_request",
                   .message = "telemetry.browser." + name.substr(0, 64) + " is not a category"};
    if (!setting.cdp) continue;
    if (name != "control")
      return Error{.kind = ErrorKind::invalid,
                   .code = "bad_request",
                   .message = "telemetry.browser." + name + ".cdp: only control has cdp"};
    if (const auto& excluded = setting.cdp->excluded_methods) WYE_CHECK(check_excluded_methods(*excluded));
  }
  return {};
}

std::string telemetry_reference() {
  std::string out = "| category | default | holds | costs |\n|---|---|---|---|\n";
  const auto cell = [&](std::string_view text) { out.append(" ").append(text).append(" |"); };
  for (const auto& category : kCategories) {
    out += "|";
    cell("`" + std::string(category.name) + "`");
    cell(!category.settable ? "with any of the browser's" : category.by_default ? "on" : "");
    cell(category.holds);
    cell(category.costs);
    out += "\n";
  }
  out += "\n| type | category | seen as | when | data |\n|---|---|---|---|---|\n";
  for (const auto& type : kTypes) {
    out += "|";
    cell("`" + std::string(type.type) + "`");
    cell(type.category);
    cell(type.source);
    cell(type.when.empty() ? "never: " + std::string(type.why_not) : std::string(type.when));
    cell("`" + std::string(type.fields) + "`");
    out += "\n";
  }
  out += "\n`ctx` = `" + std::string(kTelemetryContext) + "`\n\n";
  out += cdp_methods_reference();
  return out;
}

}  // namespace wye::wire
