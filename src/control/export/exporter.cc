#include "control/export/exporter.h"

namespace wye::control {

using std::chrono::milliseconds;

namespace {
constexpr milliseconds kStoreAgain{1000};
}

Exporter::Exporter(Store& store, const Clock& clock, Random& random, const Log& log, ExporterOptions options)
    : store_(store),
      clock_(clock),
      random_(random),
      log_(log),
      options_(std::move(options)),
      lease_(store, clock, "exporter", options_.holder),
      looks_(1),
      turns_(options_.threads) {
  ::curl_global_init(CURL_GLOBAL_DEFAULT);  // before any thread uses it
  archived();                               // sends what an earlier server left
}

void Exporter::stop() {
  stop_.request_stop();
  looks_.stop();
  turns_.stop();
  lease_.end();
}

void Exporter::archived() {
  if (!asked_.exchange(true)) looks_.put("look", [this] { return look(); });
}

// Looks at most once a linger, so that events are sent together; at once after a silence.
std::optional<milliseconds> Exporter::look() {
  const auto now = clock_.steady();
  if (now < next_look_) return std::chrono::ceil<milliseconds>(next_look_ - now);
  asked_ = false;
  next_look_ = now + options_.linger;
  const auto mine = lease_.held();
  if (!mine || !*mine) {
    // Another server goes on with these destinations: this one must not send again from its old position.
    const std::lock_guard lock(mutex_);
    pumps_.clear();
    asked_ = true;
    return mine ? Lease::kAskAgain : kStoreAgain;
  }
  const auto behind = store_.exports().destinations_behind();
  if (!behind) {
    asked_ = true;
    return kStoreAgain;
  }
  for (const auto& id : *behind) put(id);
  return std::nullopt;
}

void Exporter::put(const std::string& id) {
  std::shared_ptr<Pump> pump;
  {
    const std::lock_guard lock(mutex_);
    auto& kept = pumps_[id];
    if (!kept)
      kept = std::make_shared<Pump>(id, store_, options_.private_allowed, clock_, random_, log_, counters_,
                                    options_.limits);
    pump = kept;
  }
  turns_.put(id, [this, pump]() -> std::optional<milliseconds> {
    const auto mine = lease_.held();
    if (mine && *mine) return pump->turn(stop_.get_token());
    archived();  // look() asks for the lease again, and starts the pumps once it has it
    return std::nullopt;
  });
}

void Exporter::changed(const std::string& id) {
  const auto destination = store_.exports().by_id(id);
  {
    const std::lock_guard lock(mutex_);
    const auto found = pumps_.find(id);
    if (found == pumps_.end()) return;
    found->second->hurry();
    if (destination && !*destination) pumps_.erase(found);
  }
  if (destination && *destination) put(id);
}

ExportProgress Exporter::progress(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = pumps_.find(id);
  return found == pumps_.end() ? ExportProgress() : found->second->progress();
}

std::size_t Exporter::failing() const {
  const std::lock_guard lock(mutex_);
  std::size_t out = 0;
  for (const auto& [id, pump] : pumps_) out += pump->progress().last_error.empty() ? 0 : 1;
  return out;
}

otlp::Delivery Exporter::test(const Destination& destination, otlp::Signal signal) {
  otlp::OtlpClient client(options_.private_allowed, clock_);
  const bool json = destination.protocol == Destination::Protocol::json;
  return client.send(destination, signal, json ? "{}" : "", stop_.get_token());
}

}  // namespace wye::control
