#include "vm/telemetry/telemetry_hub.h"

#include <algorithm>

#include "base/try.h"
#include "events/make_record.h"

namespace wye::vm {

TelemetryHub::TelemetryHub(const Clock& clock, const Log& log, events::SpoolLog spool)
    : clock_(clock), diagnostics_(log), spool_(std::move(spool)) {}

void TelemetryHub::configure(std::optional<Categories> categories) {
  categories_ = std::move(categories);
  if (categories_ && categories_->empty()) categories_.reset();
  applied_at_ = clock_.unix_micros();
}

Result<std::optional<TelemetryEnvelope>> TelemetryHub::publish(TelemetryEvent event) {
  if (!wants(event.category)) return std::optional<TelemetryEnvelope>();
  event.ts = std::max(clock_.unix_micros(), spool_.last_ts());
  TelemetryEnvelope envelope{spool_.last_seq() + 1, event};
  auto record = std::make_shared<const events::Record>(events::make_record(envelope.seq, std::move(event)));
  const auto kept = spool_.append(*record);
  if (!kept) {
    ++dropped_;
    return kept.error();
  }
  ring_.push(std::move(record));
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (const auto call = at->lock()) {
      ++at;
      (*call)();
    } else {
      at = waiting_.erase(at);
    }
  }
  return std::optional<TelemetryEnvelope>(std::move(envelope));
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
