#include "control/export/pump.h"

#include <algorithm>

#include "base/try.h"
#include "events/lost_tail.h"

namespace wye::control {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kSessionsABatch = 32;
constexpr milliseconds kStoreAgain{1000};

}  // namespace

Pump::Pump(std::string destination, Store& store, bool private_allowed, const Clock& clock, Random& random,
           const Log& log, ExportCounters& counters, ExportLimits limits)
    : id_(std::move(destination)),
      store_(store),
      clock_(clock),
      random_(random),
      log_(log),
      counters_(counters),
      limits_(limits),
      client_(private_allowed, clock) {}

void Pump::hurry() {
  const std::lock_guard lock(mutex_);
  not_before_ = std::chrono::steady_clock::time_point::min();
}

ExportProgress Pump::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

std::optional<milliseconds> Pump::turn(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    if (now < not_before_) return std::chrono::ceil<milliseconds>(not_before_ - now);
  }
  const auto destination = store_.exports().by_id(id_);
  if (!destination) return kStoreAgain;
  if (!*destination) return std::nullopt;
  if (again_.empty()) {
    auto chosen = choose();
    if (!chosen) return kStoreAgain;
    if (chosen->empty()) return std::nullopt;
    again_ = std::move(*chosen);
    logs_done_ = traces_done_ = false;
  }
  const auto batch = gather(again_);
  if (!batch) return kStoreAgain;
  again_ = batch->parts;
  for (const auto signal : {otlp::Signal::logs, otlp::Signal::traces})
    if (!deliver(**destination, *batch, signal, signal == otlp::Signal::logs ? logs_done_ : traces_done_,
                 stop)) {
      const std::lock_guard lock(mutex_);
      return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(not_before_ - clock_.steady()));
    }
  std::vector<ExportMark> marks;
  for (const auto& part : again_) marks.push_back({part.session, part.ends ? part.to + 1 : part.to});
  // What was sent is not sent again even if this fails, unless the server ends before it is committed.
  if (!store_.exports().advance(id_, marks)) return kStoreAgain;
  last_session_ = again_.back().session;
  again_.clear();
  counters_.expired.add(static_cast<std::uint64_t>(batch->expired));
  counters_.unreadable.add(static_cast<std::uint64_t>(batch->unreadable));
  if (const auto dropped = batch->expired + batch->unreadable; dropped > 0) {
    log_.warn("events are not exported any more",
              {{"destination", id_}, {"too_old", batch->expired}, {"unreadable", batch->unreadable}});
    const std::lock_guard lock(mutex_);
    progress_.dropped += static_cast<std::uint64_t>(dropped);
  }
  return milliseconds(0);
}

// Chooses sessions that are behind, from the one after the last whose turn it was.
Result<std::vector<Pump::Part>> Pump::choose() {
  WYE_TRY(auto behind, store_.exports().behind(id_, last_session_, kSessionsABatch));
  if (behind.empty() && !last_session_.empty()) {
    last_session_.clear();
    WYE_TRY(behind, store_.exports().behind(id_, "", kSessionsABatch));
  }
  std::vector<Part> out;
  for (auto& one : behind) out.push_back({std::move(one.id), one.exported_to, one.archived_to, one.gone});
  return out;
}

// Gathers as many of the parts as fit; `parts` of the batch says which they are.
Result<Pump::Batch> Pump::gather(const std::vector<Part>& parts) {
  Batch batch;
  for (const auto& part : parts) {
    WYE_TRY(const bool whole, gather_part(part, batch));
    if (!whole) break;
  }
  return batch;
}

Result<bool> Pump::gather_part(Part part, Batch& batch) {
  if (batch.records >= limits_.records || batch.bytes >= limits_.bytes) return false;
  WYE_TRY(const auto session, store_.session(part.session));
  if (!session) return true;
  const auto events = store_.archived_events(part.session);
  const auto oldest = std::chrono::duration_cast<std::chrono::microseconds>(limits_.oldest).count();
  WYE_TRY(const auto first, events->first_at(clock_.unix_micros() - oldest));
  const auto from = std::max(part.after + 1, std::min(first.value_or(part.to + 1), part.to + 1));
  batch.expired += events::seqs_up_to(from - 1) - events::seqs_up_to(part.after);
  otlp::ResourceSignals signals{.resource = otlp::resource_of(*session)};
  bool full = false;
  auto reached = from - 1;
  std::vector<events::Record> records;  // read first: others wait while the archive is scanned
  WYE_CHECK(events->scan({.from = from}, [&](const events::Record& record) {
    if (record.seq > part.to) return false;
    full = batch.records >= limits_.records || batch.bytes >= limits_.bytes;
    if (full) return false;
    batch.records += 1;
    batch.bytes += record.json.size();
    reached = record.seq;
    records.push_back(record);
    return true;
  }));
  for (const auto& record : records)
    if (!otlp::add_event(part.session, record, starts_, signals)) ++batch.unreadable;
  if (full) {
    part.to = reached;
    part.ends = false;
  }
  if (part.ends && session->deleted_at >= clock_.unix_micros() - oldest)
    signals.spans.push_back(otlp::session_span(*session));
  batch.signals.push_back(std::move(signals));
  batch.parts.push_back(std::move(part));
  return !full;
}

bool Pump::deliver(const Destination& destination, const Batch& batch, otlp::Signal signal, bool& done,
                   const std::stop_token& stop) {
  const bool logs = signal == otlp::Signal::logs;
  std::size_t count = 0;
  for (const auto& one : batch.signals) count += logs ? one.logs.size() : one.spans.size();
  if (done || count == 0 || !(logs ? destination.logs : destination.traces)) return true;
  const bool json = destination.protocol == Destination::Protocol::json;
  const auto body =
      logs ? (json ? otlp::logs_to_json(batch.signals) : otlp::logs_to_protobuf(batch.signals))
           : (json ? otlp::traces_to_json(batch.signals) : otlp::traces_to_protobuf(batch.signals));
  const auto delivery = client_.send(destination, signal, body, stop);
  auto& items = logs ? counters_.logs : counters_.spans;
  switch (delivery.outcome) {
    case otlp::Delivery::Outcome::again:
      if (!stop.stop_requested()) {
        counters_.again.add();
        note_failure(destination, delivery);
      }
      return false;
    case otlp::Delivery::Outcome::refused: {
      // OTLP says that it is refused for good. A pause keeps the rest from being refused too before a person
      // has seen it.
      counters_.refused.add();
      items.refused.add(count);
      note_failure(destination, delivery);
      const std::lock_guard lock(mutex_);
      progress_.dropped += count;
      break;
    }
    case otlp::Delivery::Outcome::accepted: {
      const auto rejected = std::min(count, static_cast<std::size_t>(delivery.rejected));
      counters_.accepted.add();
      items.sent.add(count - rejected);
      items.rejected.add(rejected);
      note_success(destination);
      if (rejected > 0)
        log_.warn("exported records were rejected",
                  {{"destination", destination.id}, {"rejected", rejected}});
      const std::lock_guard lock(mutex_);
      progress_.sent += count - rejected;
      progress_.dropped += rejected;
      break;
    }
  }
  done = true;
  return true;
}

void Pump::note_failure(const Destination& destination, const otlp::Delivery& delivery) {
  const bool refused = delivery.outcome == otlp::Delivery::Outcome::refused;
  if (failures_ == 0 || refused)
    log_.warn(refused ? "exported records were refused" : "export has to wait",
              {{"destination", destination.id}, {"name", destination.name}, {"reason", delivery.reason}});
  const auto wait = pause(delivery.asked_pause);
  ++failures_;
  const std::lock_guard lock(mutex_);
  not_before_ = clock_.steady() + wait;
  progress_.last_error = delivery.reason;
}

void Pump::note_success(const Destination& destination) {
  const std::lock_guard lock(mutex_);
  progress_.last_sent_at = clock_.unix_micros();
  // That one signal is accepted says nothing about the other, whose pause goes on.
  if (clock_.steady() < not_before_) return;
  if (failures_ > 0)
    log_.info("export goes on", {{"destination", destination.id}, {"name", destination.name}});
  failures_ = 0;
  progress_.last_error.clear();
}

// Doubles each time, less up to a quarter at random; it is at least what the destination asks for.
milliseconds Pump::pause(std::optional<milliseconds> asked) {
  const auto whole = std::min(limits_.longest_pause, limits_.first_pause * (1 << std::min(failures_, 10)));
  const auto less = random_.below(static_cast<std::uint64_t>(whole.count()) / 4 + 1);
  return std::max(whole - milliseconds(less), asked.value_or(milliseconds(0)));
}

}  // namespace wye::control
