#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>
#include <string>

#include "base/log.h"
#include "net/wakeup.h"
#include "vm/cdp/cdp_port.h"
#include "vm/telemetry/collector/console_events.h"
#include "vm/telemetry/collector/event_sink.h"
#include "vm/telemetry/collector/interaction_events.h"
#include "vm/telemetry/collector/network_events.h"
#include "vm/telemetry/collector/page_events.h"
#include "vm/telemetry/collector/screenshots.h"
#include "vm/telemetry/collector/session_setup.h"

namespace wye::vm {

/// Watches Chromium for the telemetry categories that are seen only there, with one DevTools session on the
/// browser and below it one on every page, frame process and worker. While no such category is on, nothing is
/// attached and nothing runs. One io_context.
class Collector {
 public:
  /// `name` must not be guessable for a page.
  Collector(boost::asio::io_context& io, const Clock& clock, const Log& log, TelemetryHub& hub, bool stealth,
            std::string name);
  ~Collector();

  /// Chromium's DevTools has answered.
  void attach(std::shared_ptr<CdpPort> port);
  /// Chromium is gone.
  void detach();
  /// Chromium will not be restarted automatically.
  void gave_up();

  /// Returns when the configuration is in effect in every present page, or at the limit; at once when nothing
  /// need be attached.
  net::Task<> wait_in_effect(std::chrono::steady_clock::duration limit);

  [[nodiscard]] std::size_t targets() const { return targets_.size(); }

 private:
  struct Timer;
  void configured();
  void begin();
  void end();
  void attached(const std::string& session);
  void on_event(CdpEvent& event);
  void on_target_event(Target& target, CdpEvent& event);
  void on_attached(CdpEvent& event, Target* parent);
  void on_detached(CdpEvent& event);
  void on_page_event(Target& target, CdpEvent& event);
  void on_network_event(Target& target, CdpEvent& event);
  void on_runtime_event(Target& target, CdpEvent& event);
  void on_binding(Target& target, const boost::json::object& params);
  void forget(Target& target);
  void init_failed(const std::string& step, const std::string& why);
  void on_due(const Deadlines::Key& key);
  void clear();

  const Log& log_;
  TelemetryHub& hub_;
  Deadlines deadlines_;
  EventSink sink_;
  Targets targets_;
  Worlds worlds_;
  SessionSetup setup_;
  NetworkEvents network_;
  ConsoleEvents console_;
  QuietConsoleEvents quiet_console_;
  PageEvents page_;
  InteractionEvents interaction_;
  Screenshots screenshots_;
  std::shared_ptr<CdpPort> port_;  // shared with the Browser
  std::shared_ptr<void> watching_;
  std::string session_;  ///< On the browser; "" while nothing is attached.
  bool beginning_ = false,
       looked_around_ = false;  ///< `looked_around_`: the targets that existed before are known.
  bool has_page_ = false;
  std::optional<Deadlines::Time>
      lost_at_;  ///< Since when the collector has no Chromium although it wants one.
  std::set<std::string> failed_steps_;
  std::uint64_t next_active_ = 1;
  std::shared_ptr<int> generation_ = std::make_shared<int>();
  net::Wakeup changed_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace wye::vm
