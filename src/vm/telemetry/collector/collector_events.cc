#include <boost/json/value.hpp>

#include "vm/telemetry/collector/collector.h"
#include "vm/telemetry/collector/input_script.h"
#include "vm/telemetry/collector/object_text.h"

// Handles what Chromium sends, sorted by method before any of it is parsed.
namespace wye::vm {

namespace json = boost::json;

namespace {

bool is_news(const Target& target, CdpEvent& event) {
  return target.console_is_live || number_at(event.params(), "timestamp") >= target.console_since_ms;
}

}  // namespace

void Collector::on_event(CdpEvent& event) {
  if (session_.empty()) return;
  const auto method = event.method();
  if (method == "Target.targetCrashed") {  // reported to the browser's first session only
    if (auto* target = targets_.of_id(text_at(event.params(), "targetId"))) {
      page_.on_crashed(*target);
      network_.forget(*target);  // what it was waiting for will not come
      deadlines_.clear_target(target->id);
    }
    return;
  }
  if (event.session() == session_) {
    if (method == "Target.attachedToTarget") on_attached(event, nullptr);
    if (method == "Target.detachedFromTarget") on_detached(event);
    return;
  }
  if (auto* target = targets_.of_session(event.session())) on_target_event(*target, event);
}

void Collector::on_target_event(Target& target, CdpEvent& event) {
  const auto method = event.method();
  if (method.starts_with("Network.")) return on_network_event(target, event);
  if (method.starts_with("Page.")) return on_page_event(target, event);
  if (method.starts_with("Runtime.")) return on_runtime_event(target, event);
  if (method == "PerformanceTimeline.timelineEventAdded") {
    const auto seen_ms = target.timeline_is_live
                             ? target.timeline_since_ms
                             : number_at(object_at(event.params(), "event"), "time") * 1000;
    if (seen_ms >= target.timeline_since_ms) page_.on_timeline(target, event.params());
  } else if (method == "Console.messageAdded") {
    if (target.console_is_live && target.enabled.quiet_console && sink_.admits("console"))
      quiet_console_.on_message(target, event.params());
  } else if (method == "Log.entryAdded") {
    if (target.console_is_live && target.enabled.quiet_console && sink_.admits("console"))
      quiet_console_.on_log_entry(target, event.params());
  } else if (method == "Target.attachedToTarget") {
    on_attached(event, &target);
  } else if (method == "Target.detachedFromTarget") {
    on_detached(event);
  }
}

void Collector::on_attached(CdpEvent& event, Target* parent) {
  const auto& params = event.params();
  const auto& info = object_at(params, "targetInfo");
  Target made{.id = std::string(text_at(info, "targetId")),
              .session = std::string(text_at(params, "sessionId")),
              .kind = std::string(text_at(info, "type")),
              .url = std::string(text_at(info, "url")),
              .title = std::string(text_at(info, "title")),
              .opener = std::string(text_at(info, "openerId")),
              .is_new = flag_at(params, "waitingForDebugger"),
              .last_active = next_active_++};
  if (made.session.empty()) return;
  const auto session = made.session;
  auto* target = targets_.add(std::move(made), parent);
  if (target == nullptr) {
    // The target is over the bound, or attached already. It must not wait for us; a refusal means that it has
    // ended.
    port_->send("Runtime.runIfWaitingForDebugger", "{}", session);
    port_->send("Target.detachFromTarget", R"({"sessionId":")" + session + R"("})", event.session());
    if (targets_.size() >= Targets::kMaxTargets) sink_.drop("monitor", "overload");
    return;
  }
  has_page_ = has_page_ || target->is_page();
  setup_.begin(*target, setup_.wanted(*target, hub_), *port_);
  // A page that Chromium prepares for a possible navigation is no tab.
  if (!text_at(info, "subtype").empty()) return;
  page_.on_attached(*target);
  if (target->is_page()) screenshots_.on_page();
}

void Collector::on_detached(CdpEvent& event) {
  if (auto* target = targets_.of_session(text_at(event.params(), "sessionId")))
    targets_.remove(*target, [this](Target& gone) { forget(gone); });
}

void Collector::on_page_event(Target& target, CdpEvent& event) {
  const auto method = event.method();
  const bool has_worlds = target.enabled.interaction || target.enabled.quiet_console;
  if (method == "Page.frameNavigated") {
    target.root->last_active = next_active_++;
    const auto& frame = object_at(event.params(), "frame");
    const auto id = text_at(frame, "id");
    const bool had_document = id == target.id || target.frames.find(id) != target.frames.end();
    page_.on_frame_navigated(target, event.params());
    if (had_document) network_.on_document(target, id, text_at(frame, "loaderId"));
    if (has_worlds) worlds_.open(target, id, *port_);
  } else if (method == "Page.frameDetached") {
    page_.on_frame_detached(target, event.params());
  } else if (method == "Page.domContentEventFired") {
    page_.on_dom_content_loaded(target, event.params());
  } else if (method == "Page.loadEventFired") {
    page_.on_load(target, event.params());
  } else if (method == "Page.lifecycleEvent") {
    page_.on_lifecycle(target, event.params());
  } else if (method == "Page.windowOpen") {
    page_.on_window_open(event.params());
  }
}

void Collector::on_network_event(Target& target, CdpEvent& event) {
  const auto method = event.method();
  if (!target.enabled.network) return;
  if (method == "Network.requestWillBeSent")
    network_.on_request(target, event.params());
  else if (method == "Network.responseReceived")
    network_.on_response(event.params());
  else if (method == "Network.loadingFinished")
    network_.on_finished(target, event.params(), *port_);
  else if (method == "Network.loadingFailed")
    network_.on_failed(target, event.params());
}

void Collector::on_runtime_event(Target& target, CdpEvent& event) {
  const auto method = event.method();
  if (method == "Runtime.bindingCalled") return on_binding(target, event.params());
  if (!target.enabled.runtime) return;
  if (method == "Runtime.consoleAPICalled") {
    // A flood is dropped here, before a byte of it is parsed.
    if (sink_.admits("console") && is_news(target, event)) console_.on_call(target, event.params());
  } else if (method == "Runtime.exceptionThrown") {
    if (sink_.admits("console") && is_news(target, event)) console_.on_exception(target, event.params());
  } else if (method == "Runtime.executionContextCreated") {
    const auto& context = object_at(event.params(), "context");
    const auto& about = object_at(context, "auxData");
    if (flag_at(about, "isDefault"))
      targets_.add_context(target, integer_at(context, "id"), text_at(about, "frameId"));
  } else if (method == "Runtime.executionContextDestroyed") {
    targets_.drop_context(target, integer_at(event.params(), "executionContextId"));
  } else if (method == "Runtime.executionContextsCleared") {
    targets_.clear_contexts(target);
  }
}

void Collector::on_binding(Target& target, const json::object& params) {
  const auto world = target.worlds.find(integer_at(params, "executionContextId"));
  if (text_at(params, "name") != kInputBinding || world == target.worlds.end()) return;
  const auto said = parse_cdp(text_at(params, "payload"), Strings::cut);
  if (!said || !said->is_array() || said->get_array().empty() || !said->get_array()[0].is_string()) return;
  const auto& words = said->get_array();
  if (words[0].get_string() == "error") {
    if (target.enabled.quiet_console && sink_.admits("console"))
      quiet_console_.on_page_error(target, world->second, words);
    return;
  }
  target.root->last_active = next_active_++;
  if (target.enabled.interaction && sink_.admits("interaction"))
    interaction_.on_told(target, world->second, words);
}

}  // namespace wye::vm
