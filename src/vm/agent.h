#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "net/http_server.h"
#include "vm/cdp/cdp_relay.h"
#include "vm/chromium/browser.h"
#include "vm/curl/curl_service.h"
#include "vm/fs/archive_calls.h"
#include "vm/fs/watches.h"
#include "vm/lifecycle/orphans.h"
#include "vm/lifecycle/server_watch.h"
#include "vm/served_calls.h"
#include "vm/telemetry/collector/collector.h"
#include "vm/telemetry/telemetry_handlers.h"
#include "vm/telemetry/telemetry_stream.h"
#include "wire/agent_config.h"

namespace wye::vm {

/// The parts of a VM's agent, and what they tell each other: Chromium and its collector, telemetry, DevTools,
/// curl, and the calls that these modules register. One io_context.
class Agent {
 public:
  /// All but the configuration must outlive the object. `spool` reads and writes a file that stays open.
  Agent(boost::asio::io_context& io, const wire::AgentConfig& config, events::SpoolLog spool,
        const Clock& clock, const Log& log);

  /// Serves on the listening socket until SIGTERM, SIGINT, or until no server has come back for too long.
  Result<void> run(int listener);

  [[nodiscard]] const ServedCalls& calls() const { return calls_; }

 private:
  [[nodiscard]] Browser::Listener on_chromium();
  void register_calls();
  void chromium_ended(const ChromiumEnd& end);
  void chromium_given_up();
  void left_alone();
  net::Task<> stop_on_signal();
  net::Task<> stop();

  boost::asio::io_context& io_;
  const Log& log_;
  TelemetryHub hub_;
  TelemetryHandlers telemetry_;
  TelemetryStreams streams_;
  Collector collector_;
  std::int64_t chromium_ends_ = 0;
  Browser browser_;
  CdpRelay relay_;
  CurlService curl_;
  FileThreads file_threads_;
  ArchiveCalls archives_;
  Watches watches_;
  ServedCalls calls_;
  net::HttpServer server_;
  ServerWatch server_watch_;
  Orphans orphans_;
  boost::asio::basic_signal_set<boost::asio::io_context::executor_type> signals_;
};

}  // namespace wye::vm
