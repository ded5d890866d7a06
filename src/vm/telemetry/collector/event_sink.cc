#include "vm/telemetry/collector/event_sink.h"

#include <utility>

#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {
namespace {

constexpr auto kTellDropsAfter = std::chrono::seconds(1);
constexpr double kMiB = 1 << 20;

}  // namespace

EventSink::EventSink(TelemetryHub& hub, const Clock& clock, Deadlines& deadlines)
    : hub_(hub), clock_(clock), deadlines_(deadlines) {
  // A page with a thousand requests at once fits; the steady rate is far below what the archive takes.
  budgets_.emplace("network", Budget(32 * kMiB, 4 * kMiB));
  budgets_.emplace("console", Budget(8 * kMiB, 2 * kMiB));
  budgets_.emplace("page", Budget(8 * kMiB, 1 * kMiB));
  budgets_.emplace("interaction", Budget(2 * kMiB, kMiB / 4));
  budgets_.emplace("screenshot", Budget(4 * kMiB, kMiB));
}

bool EventSink::admits(std::string_view category) {
  if (!hub_.wants(category)) return false;
  const auto found = budgets_.find(category);
  if (found == budgets_.end() || found->second.allows(now())) return true;
  drop(category, "rate");
  return false;
}

void EventSink::emit(std::string_view type, std::string_view category, std::string_view cdp_event,
                     const Target& target, std::string_view data) {
  std::string source = R"({"kind":"cdp","event":")";
  source.append(cdp_event).append(R"(","metadata":{"target_id":)");
  append_quoted(source, target.id);
  source += "}}";
  const auto bytes = hub_.emit_text(type, category, source, data);
  if (const auto found = budgets_.find(category); found != budgets_.end()) found->second.spend(bytes);
}

void EventSink::emit_monitor(std::string_view type, std::string_view data) {
  hub_.emit_text(type, "monitor", R"({"kind":"local_process"})", data);
}

void EventSink::drop(std::string_view category, std::string_view reason) {
  hub_.count_dropped(1);
  if (dropped_.empty()) deadlines_.set({Deadlines::What::told_drops, ""}, now() + kTellDropsAfter);
  ++dropped_[{std::string(category), std::string(reason)}];
}

void EventSink::tell_drops() {
  for (const auto& [loss, count] : std::exchange(dropped_, {})) {
    ObjectText data;
    data.number("dropped", count).text("reason", loss.reason).text("category", loss.category);
    emit_monitor("telemetry_dropped", std::move(data).finish());
  }
}

}  // namespace wye::vm
