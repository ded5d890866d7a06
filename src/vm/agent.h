#pragma once

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "net/http_server.h"
#include "vm/cdp/cdp_relay.h"
#include "vm/chromium/browser.h"
#include "vm/command/commands.h"
#include "vm/computer/cdp_backend.h"
#include "vm/computer/computer.h"
#include "vm/curl/curl_service.h"
#include "vm/fs/archive_calls.h"
#include "vm/fs/watches.h"
#include "vm/lifecycle/end_signals.h"
#include "vm/lifecycle/orphans.h"
#include "vm/lifecycle/server_watch.h"
#include "vm/logs/log_streams.h"
#include "vm/playwright/executors.h"
#include "vm/process/exec.h"
#include "vm/process/processes.h"
#include "vm/repl/repl.h"
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
        const Clock& clock, const Log& log, ServiceLogs& logs);

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
  CdpBackend display_;
  Computer computer_;
  FileThreads file_threads_;
  ArchiveCalls archives_;
  Watches watches_;
  Commands commands_;
  Exec exec_;
  Processes processes_;
  Executors executors_;
  Repl repl_;
  ServiceLogs& logs_;
  const Clock& clock_;
  LogStreams log_streams_;
  ServedCalls calls_;
  net::HttpServer server_;
  ServerWatch server_watch_;
  Orphans orphans_;
  EndSignals signals_;
};

}  // namespace wye::vm
