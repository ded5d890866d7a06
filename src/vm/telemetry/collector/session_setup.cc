#include "vm/telemetry/collector/session_setup.h"

#include <chrono>
#include <utility>

#include "vm/telemetry/collector/network_events.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kGoOn = "Runtime.runIfWaitingForDebugger";
// The longest that we hold a page whose process does not answer.
constexpr auto kHoldAtMost = std::chrono::seconds(2);
constexpr std::string_view kTimeline = R"({"eventTypes":["largest-contentful-paint","layout-shift"]})";

// Marks a domain as live: once it has answered, its events are no replay.
auto is_live(bool Target::*which) {
  return [which](Target& target, const json::object&) { target.*which = true; };
}

}  // namespace

SessionSetup::SessionSetup(EventSink& sink, Targets& targets, Worlds& worlds, bool stealth, Told told)
    : sink_(sink), targets_(targets), worlds_(worlds), stealth_(stealth), told_(std::move(told)) {}

Enabled SessionSetup::wanted(const Target& target, const TelemetryHub& hub) const {
  const bool documents = target.has_documents(), console = hub.wants("console");
  return {.page = documents,
          .network = hub.wants("network"),
          .runtime = console && !stealth_,
          .quiet_console = console && stealth_,
          .timeline = documents && hub.wants("page"),
          .interaction = documents && hub.wants("interaction")};
}

void SessionSetup::run(Target& target, std::string_view method, std::string_view params, CdpPort& port,
                       Then then) {
  ++unanswered_;
  ++target.unanswered;
  auto done = [this, &port, alive = std::weak_ptr<int>(generation_), session = target.session,
               step = std::string(method), then = std::move(then)](Result<json::value> answer) {
    auto* asked = alive.expired() ? nullptr : targets_.of_session(session);
    if (asked == nullptr) return;
    --unanswered_;
    static const json::object kNone;
    const auto* result = answer ? answer->if_object() : nullptr;
    if (then) then(*asked, result != nullptr ? *result : kNone);
    if (--asked->unanswered == 0 && asked->held) let_go(*asked, port);
    if (!answer && answer.error().code == "cdp_error") told_.failed(*asked, step, answer.error().message);
    if (unanswered_ == 0) told_.in_effect();
  };
  port.send(method, params, target.session, std::move(done));
}

void SessionSetup::add(Target& target, std::string_view method, std::string_view params, CdpPort& port) {
  run(target, method, params, port);
}

void SessionSetup::clear() {
  unanswered_ = 0;
  generation_ = std::make_shared<int>();
}

void SessionSetup::forget(const Target& target) {
  unanswered_ -= target.unanswered;
  if (unanswered_ == 0) told_.in_effect();
}

void SessionSetup::begin(Target& target, const Enabled& wanted, CdpPort& port) {
  target.console_is_live = target.timeline_is_live = target.is_new;
  target.console_since_ms = target.timeline_since_ms = sink_.wall_ms();
  const bool may_have_begun = !target.is_new || (target.is_page() && !target.url.empty());
  if (target.has_documents() && may_have_begun) ask_for_documents(target, port);
  apply(target, wanted, port);
  if (target.has_documents() || target.kind.ends_with("worker"))
    run(target, "Target.setAutoAttach", kAttachToParts, port);
  if (!target.is_new || !target.is_page() || target.unanswered == 0) return let_go(target, port);
  target.held = true;
  sink_.deadlines().set({Deadlines::What::held_page, target.id}, sink_.now() + kHoldAtMost);
}

void SessionSetup::let_go(Target& target, CdpPort& port) {
  target.held = false;
  sink_.deadlines().clear({Deadlines::What::held_page, target.id});
  run(target, kGoOn, "{}", port);
}

// Runs first, so that replays of other domains find their document known.
void SessionSetup::ask_for_documents(Target& target, CdpPort& port) {
  run(target, "Page.enable", "{}", port);
  target.enabled.page = target.documents_asked = true;
  run(target, "Page.getFrameTree", "{}", port,
      [this](Target& asked, const json::object& tree) { told_.frame_tree(asked, tree); });
}

void SessionSetup::change(Target& target, const Enabled& wanted, CdpPort& port) {
  const auto begins = [&](bool Enabled::*what) { return wanted.*what && !(target.enabled.*what); };
  if (begins(&Enabled::runtime) || begins(&Enabled::quiet_console)) {
    target.console_is_live = false;
    target.console_since_ms = sink_.wall_ms();
  }
  if (begins(&Enabled::timeline)) {
    target.timeline_is_live = false;
    target.timeline_since_ms = sink_.wall_ms();
  }
  apply(target, wanted, port);
  if (target.held) return;
  run(target, kGoOn, "{}", port);  // its answer says that everything before it is done, scripts too
}

void SessionSetup::apply(Target& target, const Enabled& wanted, CdpPort& port) {
  auto& now = target.enabled;
  const auto differs = [&](bool Enabled::*what) { return now.*what != wanted.*what; };
  if (differs(&Enabled::page)) run(target, wanted.page ? "Page.enable" : "Page.disable", "{}", port);
  if (differs(&Enabled::network))
    run(target, wanted.network ? "Network.enable" : "Network.disable",
        wanted.network ? NetworkEvents::enable_params() : "{}", port);
  if (differs(&Enabled::runtime))
    run(target, wanted.runtime ? "Runtime.enable" : "Runtime.disable", "{}", port,
        is_live(&Target::console_is_live));
  if (differs(&Enabled::quiet_console)) {
    run(target, wanted.quiet_console ? "Console.enable" : "Console.disable", "{}", port,
        is_live(&Target::console_is_live));
    if (target.has_documents()) run(target, wanted.quiet_console ? "Log.enable" : "Log.disable", "{}", port);
  }
  if (differs(&Enabled::timeline))
    run(target, "PerformanceTimeline.enable", wanted.timeline ? kTimeline : R"({"eventTypes":[]})", port,
        is_live(&Target::timeline_is_live));
  if (differs(&Enabled::interaction) || (differs(&Enabled::quiet_console) && target.has_documents())) {
    worlds_.uninstall(target, port);
    if (wanted.interaction || wanted.quiet_console)
      worlds_.install(target, wanted.interaction, wanted.quiet_console, port);
  }
  now = wanted;
}

}  // namespace wye::vm
