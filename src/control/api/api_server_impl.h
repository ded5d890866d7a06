#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <optional>
#include <thread>

#include "control/agent_totals.h"
#include "control/api/api_path.h"
#include "control/api/api_server.h"
#include "control/api/bounded_body.h"
#include "control/api/web_origin.h"
#include "control/api/workers.h"
#include "control/metrics/metrics.h"
#include "metro/forward.h"

// What the files of the ApiServer share: api_server.cc (routes), api_creates.cc, api_metrics.cc.
namespace wye::control {

struct ApiServer::Impl {
  Impl(BrowserHandlers& handlers, KeyHandlers& key_handlers, DestinationHandlers& destination_handlers,
       Exporter& exports, Sessions& lives, metro::SessionDirectory& all, Random& chance, const Clock& time,
       const Log& sink, ApiServerOptions set);

  // Routes.
  net::Task<> handle(net::Exchange& exchange);
  net::Task<> browser_call(net::Exchange& exchange, ApiPath path, std::string key_id);
  net::Task<> stored_call(net::Exchange& exchange, ApiPath path, std::string key_id);
  net::Task<> subresource(net::Exchange& exchange, const ApiPath& path, const std::string& key_id);
  net::Task<> forward(net::Exchange& exchange, const std::string& session_id, const std::string& tail);
  net::Task<> remove(net::Exchange& exchange, std::string id_or_name, std::string key_id);
  net::Task<> answer(net::Exchange& exchange, net::Response response,
                     metro::Reason reason = metro::Reason::handler);
  net::Task<> answer(net::Exchange& exchange, const Error& error,
                     metro::Reason reason = metro::Reason::handler);
  /// The id of the key that a request comes with. Blocks.
  Result<std::string> authorized(const std::string& authorization);
  net::Task<Result<std::string>> admit(std::string authorization);
  [[nodiscard]] std::optional<Error> misdirected(const net::RequestHead& head, const ApiPath& path) const;

  /// Runs a blocking call at its turn; the queue's `busy` when there is none.
  template <class T>
  net::Task<Result<T>> at_turn(TurnQueue& queue, std::string key, std::function<Result<T>()> call) {
    auto turn = co_await queue.enter(std::move(key));
    if (!turn) co_return turn.error();
    co_return co_await workers.run<T>(std::move(call));
  }
  /// The same for an answer, unless the client goes away before its turn: nothing, then.
  net::Task<std::optional<net::Response>> response_at_turn(net::Exchange& exchange, TurnQueue& queue,
                                                           std::string key, std::size_t bytes,
                                                           std::function<net::Response()> call);

  // Creates (api_creates.cc).
  struct Create;
  net::Task<> create(net::Exchange& exchange, ApiRequest asked, ByteBudget::Held held);
  net::Task<> run_create(std::shared_ptr<Create> create, ByteBudget::Held held, TurnQueue::Turn turn);

  // Metrics (api_metrics.cc).
  net::Task<> metrics(net::Exchange& exchange);
  [[nodiscard]] MetricsSnapshot snapshot();
  void complete(MetricsSnapshot& now);
  net::Task<> ask_agents();

  BrowserHandlers& browsers;
  KeyHandlers& keys;
  DestinationHandlers& destinations;
  Exporter& exporter;
  Sessions& sessions;
  metro::SessionDirectory& directory;
  Random& random;
  const Clock& clock;
  const Log& log;
  const ApiServerOptions options;
  TurnQueue records, agents, tests,
      creates;  // before what they are used in, which holds coroutines to its end
  ByteBudget bodies;
  boost::asio::io_context io{1};
  Workers workers;
  Workers scraper;  // metrics are readable while every worker is busy
  Workers doorkeepers;
  const WebOrigin web_origin;
  net::HttpServer server;
  metro::Forwarder forwarder;
  AgentTally agent_tally;
  std::chrono::steady_clock::time_point agents_asked = std::chrono::steady_clock::time_point::min();
  std::uint64_t creates_undone = 0;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
  std::thread thread;
};

}  // namespace wye::control
