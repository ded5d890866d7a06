#include "vm/telemetry/telemetry_hub.h"

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "events/make_record.h"

namespace wye::vm {

TelemetryHub::TelemetryHub(const Clock& clock, const Log& log, events::SpoolLog spool)
    : clock_(clock), diagnostics_(log), spool_(std::move(spool)) {}

void TelemetryHub::configure(std::optional<Categories> categories,
                             std::optional<TelemetryCommands> commands) {
  categories_ = std::move(categories);
  if (categories_ && categories_->empty()) categories_.reset();
  commands_ = wants("control") ? std::move(commands) : std::nullopt;
  applied_at_ = clock_.unix_micros();
  if (configured_) configured_();
  if (commands_changed_) commands_changed_();
}

bool TelemetryHub::wants(std::string_view category) const {
  if (!categories_) return false;
  if (category == "monitor") return needs_collector(*categories_);
  return categories_->count(category) != 0;
}

// Makes a record visible in this order: spool, ring, subscribers.
Result<void> TelemetryHub::keep(Shared record, events::SpoolRoom behind) {
  WYE_CHECK(spool_.append(*record, behind));
  ring_.push(std::move(record));
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (const auto call = at->lock()) {
      ++at;
      (*call)();
    } else {
      at = waiting_.erase(at);
    }
  }
  return {};
}

TelemetryHub::Shared TelemetryHub::own_event(const char* type, boost::json::object data) const {
  TelemetryEvent event{.ts = std::max(clock_.unix_micros(), spool_.last_ts()),
                       .type = type,
                       .category = "monitor",
                       .source = {.kind = "local_process"},
                       .data = boost::json::value(std::move(data))};
  return std::make_shared<const events::Record>(events::make_record(spool_.last_seq() + 1, std::move(event)));
}

// Writes the last record that fits: it says that telemetry stops.
void TelemetryHub::stop(const Error& why) {
  if (!stopped_by_.empty()) return;
  stopped_by_ = why.code;
  diagnostics_.warn("telemetry stops", {{"reason", why.message}, {"dropped", dropped_}});
  (void)keep(own_event("telemetry_stopped", {{"reason", stopped_by_}}), events::SpoolRoom::last);
}

// The first record after a gap reports it, so that a reader learns of the gap in its place.
Result<void> TelemetryHub::tell_gap() {
  if (untold_ == 0) return {};
  WYE_CHECK(keep(own_event("telemetry_dropped", {{"dropped", untold_}, {"reason", stopped_by_}}),
                 events::SpoolRoom::again));
  diagnostics_.warn("telemetry goes on", {{"dropped", untold_}});
  untold_ = 0;
  stopped_by_.clear();
  return {};
}

template <class Make>
Result<void> TelemetryHub::take(const Make& make) {
  auto kept = tell_gap();
  if (kept) kept = keep(make());
  if (kept) return {};
  if (kept.error().kind == ErrorKind::overloaded) stop(kept.error());
  ++dropped_, ++untold_;
  return kept;
}

Result<std::optional<TelemetryEnvelope>> TelemetryHub::publish(TelemetryEvent event) {
  if (!wants(event.category)) return std::optional<TelemetryEnvelope>();
  TelemetryEnvelope envelope;
  WYE_CHECK(take([&] {
    event.ts = std::max(clock_.unix_micros(), spool_.last_ts());
    envelope = {spool_.last_seq() + 1, event};
    return std::make_shared<const events::Record>(events::make_record(envelope.seq, std::move(event)));
  }));
  return std::optional<TelemetryEnvelope>(std::move(envelope));
}

std::size_t TelemetryHub::emit_text(std::string_view type, std::string_view category, std::string_view source,
                                    std::string_view data) {
  if (!wants(category)) return 0;
  std::size_t size = 0;
  const auto taken = take([&] {
    auto record = std::make_shared<events::Record>(
        events::make_record_text(spool_.last_seq() + 1, std::max(clock_.unix_micros(), spool_.last_ts()),
                                 type, category, source, data));
    size = record->json.size();
    return record;
  });
  return taken ? size : 0;
}

void TelemetryHub::emit(std::string type, std::string category, std::string source_kind,
                        boost::json::object data) {
  const auto done = publish({.type = std::move(type),
                             .category = std::move(category),
                             .source = {.kind = std::move(source_kind)},
                             .data = boost::json::value(std::move(data))});
  if (!done && stopped_by_.empty())
    diagnostics_.warn("telemetry event dropped", {{"reason", done.error().message}, {"dropped", dropped_}});
}

std::shared_ptr<void> TelemetryHub::on_record(std::function<void()> call) {
  auto kept = std::make_shared<std::function<void()>>(std::move(call));
  waiting_.push_back(kept);
  return kept;
}

}  // namespace wye::vm
