#include "vm/telemetry/telemetry_hub.h"

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "events/make_record.h"

namespace wye::vm {

TelemetryHub::TelemetryHub(const Clock& clock, const Log& log, events::SpoolLog spool)
    : clock_(clock), diagnostics_(log), spool_(std::move(spool)) {}

void TelemetryHub::configure(std::optional<Categories> categories) {
  categories_ = std::move(categories);
  if (categories_ && categories_->empty()) categories_.reset();
  applied_at_ = clock_.unix_micros();
  if (configured_) configured_();
}

bool TelemetryHub::wants(std::string_view category) const {
  if (!categories_) return false;
  if (category == "monitor") return needs_collector(*categories_);
  return categories_->count(category) != 0;
}

Result<void> TelemetryHub::keep(std::shared_ptr<const events::Record> record) {
  WYE_CHECK(spool_.append(*record));
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

// The first record after a gap is the one that tells of it, so that a reader learns it in its place.
void TelemetryHub::tell_gap() {
  const auto dropped = std::exchange(untold_, 0);
  TelemetryEvent event{.ts = std::max(clock_.unix_micros(), spool_.last_ts()),
                       .type = "telemetry_dropped",
                       .category = "monitor",
                       .source = {.kind = "local_process"},
                       .data = boost::json::value{{"dropped", dropped}, {"reason", "spool_full"}}};
  auto record = std::make_shared<const events::Record>(
      events::make_record(spool_.last_seq() + 1, std::move(event)));  // shared by ring and streams
  if (!keep(std::move(record))) untold_ = dropped;
}

Result<std::optional<TelemetryEnvelope>> TelemetryHub::publish(TelemetryEvent event) {
  if (!wants(event.category)) return std::optional<TelemetryEnvelope>();
  if (untold_ > 0) tell_gap();
  event.ts = std::max(clock_.unix_micros(), spool_.last_ts());
  TelemetryEnvelope envelope{spool_.last_seq() + 1, event};
  const auto kept =
      keep(std::make_shared<const events::Record>(events::make_record(envelope.seq, std::move(event))));
  if (!kept) {
    ++dropped_, ++untold_;
    return kept.error();
  }
  return std::optional<TelemetryEnvelope>(std::move(envelope));
}

std::size_t TelemetryHub::emit_text(std::string_view type, std::string_view category, std::string_view source,
                                    std::string_view data) {
  if (!wants(category)) return 0;
  if (untold_ > 0) tell_gap();
  auto record = std::make_shared<events::Record>(events::make_record_text(
      spool_.last_seq() + 1, std::max(clock_.unix_micros(), spool_.last_ts()), type, category, source, data));
  const auto size = record->json.size();
  if (const auto kept = keep(std::move(record)); !kept) {
    if (untold_ == 0)
      diagnostics_.warn("telemetry is dropped", {{"reason", kept.error().message}, {"dropped", dropped_}});
    ++dropped_, ++untold_;
    return 0;
  }
  return size;
}

void TelemetryHub::emit(std::string type, std::string category, std::string source_kind,
                        boost::json::object data) {
  const auto done = publish({.type = std::move(type),
                             .category = std::move(category),
                             .source = {.kind = std::move(source_kind)},
                             .data = boost::json::value(std::move(data))});
  if (!done)
    diagnostics_.warn("telemetry event dropped", {{"reason", done.error().message}, {"dropped", dropped_}});
}

std::shared_ptr<void> TelemetryHub::on_record(std::function<void()> call) {
  auto kept = std::make_shared<std::function<void()>>(std::move(call));
  waiting_.push_back(kept);
  return kept;
}

}  // namespace wye::vm
