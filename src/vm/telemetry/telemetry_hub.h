#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "events/ring.h"
#include "events/spool_index.h"
#include "vm/telemetry/categories.h"
#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye::vm {

/// The session's telemetry: which categories are on, the numbering, and the order in which a record becomes
/// visible: in the spool, then in the ring, then to subscribers (routing-contract §7). One thread.
class TelemetryHub {
 public:
  TelemetryHub(const Clock& clock, const Log& log, events::SpoolLog spool);

  /// Sets the categories, and the DevTools commands to capture; without a value, telemetry or these are off.
  void configure(std::optional<Categories> categories, std::optional<TelemetryCommands> commands = {});
  [[nodiscard]] const std::optional<Categories>& categories() const { return categories_; }
  /// The DevTools commands to capture; nothing when none are.
  [[nodiscard]] const std::optional<TelemetryCommands>& commands() const { return commands_; }
  [[nodiscard]] std::int64_t applied_at() const { return applied_at_; }
  /// Tells whether a category is on. `monitor` cannot be set: it is on while a category needs the collector.
  [[nodiscard]] bool wants(std::string_view category) const;
  /// Sets what is called after every change of the configuration.
  void on_configure(std::function<void()> call) { configured_ = std::move(call); }
  /// The same for whoever captures DevTools commands.
  void on_commands(std::function<void()> call) { commands_changed_ = std::move(call); }

  /// Numbers, stores and shows the event when its category is on, and sets `ts`. Returns nothing when it is
  /// off. When there is no room, telemetry stops: `telemetry_stopped` (with the reason) is the last event,
  /// and `telemetry_dropped` (with the number of dropped events) is the first one when there is room again,
  /// whatever is on.
  Result<std::optional<TelemetryEnvelope>> publish(TelemetryEvent event);
  /// Publishes the agent's own events: a full spool is logged and counted instead of returned.
  void emit(std::string type, std::string category, std::string source_kind, boost::json::object data);
  /// The same for many events a second: source and data are JSON objects already and stay unchanged. Returns
  /// the record's bytes; 0 when the category is off or the record was dropped.
  std::size_t emit_text(std::string_view type, std::string_view category, std::string_view source,
                        std::string_view data);
  /// Counts events that were lost before they reached the hub.
  void count_dropped(std::int64_t events) { dropped_ += events; }

  [[nodiscard]] events::RecordSource& log() { return spool_; }
  /// Counts what the log still has; see `events::SpoolLog::count`.
  [[nodiscard]] std::int64_t count_kept(std::int64_t after, std::int64_t to,
                                        const events::EventFilter& filter) const {
    return spool_.count(after, to, filter);
  }
  [[nodiscard]] const events::Ring& ring() const { return ring_; }
  [[nodiscard]] std::int64_t last_seq() const { return spool_.last_seq(); }
  [[nodiscard]] std::int64_t dropped() const { return dropped_; }

  /// Sets what is called after every new record, until the handle is dropped.
  [[nodiscard]] std::shared_ptr<void> on_record(std::function<void()> call);

 private:
  using Shared = std::shared_ptr<const events::Record>;  // by ring and streams
  Result<void> keep(Shared record, events::SpoolRoom behind = events::SpoolRoom::usual);
  /// Takes the record that `make` makes, after the report of earlier losses. Drops it when there is no room.
  template <class Make>
  Result<void> take(const Make& make);
  Result<void> tell_gap();
  void stop(const Error& why);
  [[nodiscard]] Shared own_event(const char* type, boost::json::object data) const;

  const Clock& clock_;
  const Log& diagnostics_;
  events::SpoolLog spool_;
  events::Ring ring_;
  std::optional<Categories> categories_;
  std::optional<TelemetryCommands> commands_;
  std::int64_t applied_at_ = 0, dropped_ = 0;
  std::int64_t untold_ = 0;  ///< Dropped since the spool last took a record.
  std::string stopped_by_;   ///< The reason, while the spool takes none.
  std::function<void()> configured_, commands_changed_;
  std::list<std::weak_ptr<std::function<void()>>> waiting_;
};

}  // namespace wye::vm
