#include "control/api/api_server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <thread>

#include "control/api/answers.h"
#include "control/api/api_path.h"
#include "control/api/api_routes.h"
#include "control/api/authentication.h"
#include "control/api/misdirected.h"
#include "control/api/web_origin.h"

namespace wye::control {

namespace asio = boost::asio;

using metro::Reason;

struct ApiServer::Impl {
  Impl(ApiKeys& keys, Random& random, const Clock& clock, const Log& log, ApiServerOptions set)
      : options(std::move(set)),
        turns(io, options.turns, log),
        authentication(io, keys, clock, log),
        bodies(options.max_body_bytes_held),
        answers(bodies, random, log),
        web_origin(options.host, options.allowed_hosts),
        misdirected(options.metro),
        routes(turns, answers, bodies),
        open_routes([this](net::Exchange& exchange, Result<net::Response> result) {
          const auto reason = result && result->status == 200 ? Reason::health : Reason::handler;
          return answers.send(exchange, std::move(result), reason);
        }),
        server(
            io, [this](net::Exchange& exchange) { return handle(exchange); }, options.limits) {
    open_routes.add_answer("GET", kHealth, [this](const auto&, const auto&) { return health(); });
  }

  net::Task<> handle(net::Exchange& exchange);
  [[nodiscard]] Result<net::Response> health() const;

  static constexpr std::string_view kHealth = "/healthz";

  const ApiServerOptions options;
  // Before the loop, which keeps coroutines that wait in them until it ends.
  Turns turns;
  Authentication authentication;
  ByteBudget bodies;
  asio::io_context io{1};
  Answers answers;
  const WebOrigin web_origin;
  const Misdirected misdirected;
  ApiRoutes routes;
  net::Routes<> open_routes;  // routes that need no key
  net::HttpServer server;
  std::vector<std::unique_ptr<Resource>> resources;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::thread thread;
};

// Answers 200 in either case: the process is well, and browsers are reached without the store.
Result<net::Response> ApiServer::Impl::health() const {
  const bool away = options.store_is_away();
  return net::json_response(200, away ? R"({"status":"degraded","store":"away"})" : R"({"status":"ok"})");
}

net::Task<> ApiServer::Impl::handle(net::Exchange& exchange) {
  const auto& head = exchange.head();
  if (head.path() == kHealth) {
    co_await open_routes.serve(exchange, head.path());
    co_return;
  }
  const auto path = without_version(head.path());
  if (const auto refused = web_origin.refusal(head)) co_return co_await answers.send(exchange, *refused);
  if (const auto lost = misdirected.refusal(head, path))
    co_return co_await answers.send(exchange, *lost, Reason::not_served);
  auto key_id = co_await authentication.key_of(head.headers.get("Authorization"));
  if (!key_id) {
    const bool refused = key_id.error().kind == ErrorKind::unauthorized;
    const auto reason = refused ? Reason::unauthorized : Reason::handler;
    co_return co_await answers.send(exchange, key_id.error(), reason);
  }
  exchange.welcome();
  const ApiCaller caller{std::move(*key_id)};
  const bool there = co_await routes.serve(exchange, path, caller);
  if (there) co_return;
  const auto missing = not_served(path);
  co_await answers.send(exchange, missing, Reason::not_served);
}

ApiServer::ApiServer(ApiKeys& keys, Random& random, const Clock& clock, const Log& log,
                     ApiServerOptions options)
    : impl_(std::make_unique<Impl>(keys, random, clock, log, std::move(options))) {}

ApiServer::~ApiServer() { stop(); }

void ApiServer::add_resource(std::unique_ptr<Resource> resource) {
  resource->add_routes(impl_->routes);
  impl_->resources.push_back(std::move(resource));
}

boost::asio::io_context& ApiServer::io() { return impl_->io; }
Turns& ApiServer::turns() { return impl_->turns; }

Result<std::uint16_t> ApiServer::start() {
  if (impl_->options.tls != nullptr) impl_->server.use_tls(*impl_->options.tls);
  auto port = impl_->server.listen_tcp(impl_->options.host, impl_->options.port);
  if (!port) return port;
  impl_->work.emplace(impl_->io.get_executor());
  impl_->thread = std::thread([this] { impl_->io.run(); });
  return port;
}

void ApiServer::stop_accepting() {
  asio::post(impl_->io, [this] { impl_->server.stop_accepting(); });
}

std::size_t ApiServer::active_requests() const { return impl_->server.active_requests(); }

void ApiServer::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->turns.stop();
  impl_->authentication.stop();
  for (auto& resource : impl_->resources) resource->stop();
  asio::post(impl_->io, [this] {
    impl_->turns.close();
    impl_->authentication.close();
    impl_->server.close();
    impl_->io.stop();
  });
  impl_->thread.join();
}

ApiTotals ApiServer::totals() const {
  ApiTotals out;
  const auto of_server = impl_->server.totals();
  out.leg += impl_->answers.counters();
  out.leg.connections = of_server.connections;
  out.leg.refused_connections = of_server.refused_connections;
  out.leg.starved_accepts = of_server.starved_accepts;
  auto& bad = out.leg.answered[static_cast<std::size_t>(Reason::bad_request)];
  bad[static_cast<std::size_t>(metro::Outcome::client_error)] += of_server.bad_requests;
  bad[static_cast<std::size_t>(metro::Outcome::server_error)] += of_server.bad_versions;
  const auto& turns = impl_->turns;
  const auto& creates = turns.queue(TurnKind::creates);
  out.creates_running = creates.running();
  out.creates_waiting = creates.waiting();
  out.creates_refused = creates.refused();
  out.creates_expired = creates.expired();
  for (const auto* const queue : {&turns.queue(TurnKind::records), &turns.queue(TurnKind::agents),
                                  &turns.queue(TurnKind::tests), &impl_->authentication.queue()}) {
    out.workers_refused += queue->refused() + queue->expired();
    out.requests_at_workers += queue->running() + queue->waiting();
  }
  out.requests_at_workers += creates.running();
  out.bodies_refused = impl_->bodies.refused();
  out.body_bytes_held = impl_->bodies.held();
  return out;
}

}  // namespace wye::control
