#pragma once

#include <functional>

#include "control/agent_totals.h"
#include "control/api/api_server.h"
#include "control/api/undoable_calls.h"
#include "control/api/vm_passage.h"
#include "control/archive_keeper.h"
#include "control/browsers/browsers.h"
#include "control/export/exporter.h"
#include "control/metrics/metrics.h"
#include "control/sessions.h"

namespace wye::control {

/// Where the numbers of `GET /metrics` are counted. All of it outlives the ApiServer, or is one of its
/// resources.
struct MetricsSources {
  const ApiServer& api;
  VmPassage& passage;
  const UndoableCalls& creates;
  const BrowserHandlers& browsers;
  Sessions& sessions;
  const Exporter& exporter;
  metro::SessionDirectory& directory;
  std::function<metro::LegTotals()> direct_leg;    ///< What the metro counts; may be empty.
  std::function<ArchiveKeeper::Totals()> archive;  ///< May be empty.
};

/// `GET /metrics`, on a thread of its own, so that it can be read while every worker is busy.
class Scrapes final : public Resource {
 public:
  Scrapes(boost::asio::io_context& io, const Log& log, MetricsSources sources)
      : io_(io), sources_(std::move(sources)), scraper_(io, log, 1) {}

  void add_routes(ApiRoutes& api) override;
  void stop() override { scraper_.stop(); }

 private:
  net::Task<Result<net::Response>> scrape();
  net::Task<> ask_agents();
  [[nodiscard]] MetricsSnapshot snapshot() const;
  void complete(MetricsSnapshot& now) const;

  boost::asio::io_context& io_;
  const MetricsSources sources_;
  Workers scraper_;
  AgentTally agents_;
  std::chrono::steady_clock::time_point agents_asked_ = std::chrono::steady_clock::time_point::min();
};

}  // namespace wye::control
