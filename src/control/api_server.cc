#include "control/api_server.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <thread>

#include "base/metrics.h"
#include "base/try.h"
#include "control/agent_totals.h"
#include "control/api_path.h"
#include "control/bounded_body.h"
#include "control/create_queue.h"
#include "control/handlers/metrics.h"
#include "control/web_origin.h"
#include "metro/ask_agents.h"
#include "metro/forward.h"
#include "net/http_server.h"
#include "net/wakeup.h"

namespace wye::control {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxBody = 8u << 20;                 // wire-api §2: JSON bodies
constexpr auto kAskAgentsAgain = std::chrono::seconds(1);  // scrapes in between get the numbers of before

using metro::Reason;

net::Response error(ErrorKind kind, const char* code, const char* message, int status = 0) {
  return net::error_response({.kind = kind, .code = code, .message = message, .status = status});
}
net::Response not_found() { return error(ErrorKind::not_found, "not_found", "no such path"); }
net::Response not_allowed() {
  return error(ErrorKind::invalid, "method_not_allowed", "this path does not take that method", 405);
}

net::ServerLimits server_limits(const ApiServerOptions& options) {
  auto limits = options.limits;
  limits.descriptors = options.descriptors;
  return limits;
}

}  // namespace

struct ApiServer::Impl {
  Impl(BrowserHandlers& handlers, KeyHandlers& key_handlers, DestinationHandlers& destination_handlers,
       Exporter& exports, Sessions& lives, metro::SessionDirectory& all, Random& chance, const Clock& time,
       const Log& sink, ApiServerOptions set)
      : browsers(handlers),
        keys(key_handlers),
        destinations(destination_handlers),
        exporter(exports),
        sessions(lives),
        directory(all),
        random(chance),
        clock(time),
        log(sink),
        options(std::move(set)),
        creates(io, options.creates),
        bodies(options.max_body_bytes_held),
        workers(options.worker_threads),
        web_origin(options.host, options.allowed_hosts),
        server(
            io, [this](net::Exchange& exchange) { return handle(exchange); }, server_limits(options)),
        forwarder(io, directory, log, clock, {.descriptors = options.descriptors}, browsers.hooks()) {}

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
  CreateQueue creates;  // both before what they are used in, which holds coroutines to its end
  ByteBudget bodies;
  asio::io_context io{1};
  asio::thread_pool workers;
  asio::thread_pool scraper{1};  // metrics are readable while every worker is busy
  std::size_t waiting = 0;
  std::uint64_t turned_away = 0;  // for want of a worker
  const WebOrigin web_origin;
  net::HttpServer server;
  metro::Forwarder forwarder;
  AgentTally agents;
  std::chrono::steady_clock::time_point agents_asked = std::chrono::steady_clock::time_point::min();
  std::uint64_t creates_undone = 0;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::thread thread;

  // Runs a blocking call on a worker; the coroutine goes on here when it is done, also after its client has
  // gone.
  enum class Busy { refuses, waits };
  net::Task<net::Response> blocking(std::function<net::Response()> call, Busy busy = Busy::refuses) {
    if (waiting >= options.max_waiting && busy == Busy::refuses) {
      ++turned_away;
      co_return error(ErrorKind::overloaded, "rate_limited", "the server is busy; try again", 503);
    }
    ++waiting;
    auto response = co_await run_on(workers, std::move(call));
    --waiting;
    co_return response;
  }
  net::Task<net::Response> run_on(asio::thread_pool& threads, std::function<net::Response()> call) {
    struct State {
      explicit State(asio::io_context& context) : wakeup(context) {}
      net::Wakeup wakeup;
      std::optional<net::Response> response;
    };
    const auto state = std::make_shared<State>(io);  // shared with the worker
    asio::post(threads, [this, state, call = std::move(call)] {
      net::Response response;
      try {
        response = call();
      } catch (const std::exception& thrown) {
        log.error("handler failed", {{"reason", thrown.what()}});
        response = error(ErrorKind::internal, "internal_error", "the request failed; see the server's log");
      }
      asio::post(io, [state, response = std::move(response)]() mutable {
        state->response = std::move(response);
        state->wakeup.notify();
      });
    });
    while (!state->response) co_await state->wakeup.wait();
    co_return std::move(*state->response);
  }

  // The id of the key that a request comes with.
  Result<std::string> authorized(const net::RequestHead& head) {
    WYE_TRY(const auto key, keys.authorize(head.headers.get("Authorization")));
    if (key) return key->id;
    return Error{.kind = ErrorKind::unauthorized,
                 .code = "unauthorized",
                 .message = "the API key is missing, not known, revoked or expired"};
  }

  net::Task<> answer(net::Exchange& exchange, net::Response response, Reason reason = Reason::handler) {
    ByteBudget::Held held(bodies);  // while a slow reader takes it
    if (!held.add(response.body.size())) response = net::error_response(no_room_for_body());
    const auto status = response.status;
    const bool overloaded = status == 429 || status == 503 || status == 529;
    forwarder.counters().answer(reason == Reason::handler && overloaded ? Reason::overloaded : reason,
                                status);
    const auto given = exchange.head().headers.get("X-Request-Id");
    const bool fit = !given.empty() && given.size() <= 128;
    response.headers.set("X-Request-Id", fit ? std::string(given) : "req-" + new_id(random));
    log.debug(
        "request",
        {{"method", exchange.head().method}, {"path", exchange.head().path()}, {"status", response.status}});
    co_await exchange.respond(std::move(response));
  }

  // A create waits for its turn without a worker. One whose client went away before the answer is undone:
  // official clients send it again (wire-api §1).
  net::Task<> create(net::Exchange& exchange, ApiRequest asked, ByteBudget::Held held) {
    using namespace asio::experimental::awaitable_operators;
    const auto answer_by = std::chrono::steady_clock::now() + creates.limits().answer;
    const auto request = std::make_shared<const ApiRequest>(std::move(asked));  // shared with workers
    std::function<net::Response()> check = [this, request] { return browsers.check_create(*request); };
    auto checked = co_await blocking(std::move(check));
    if (checked.status != 204) co_return co_await answer(exchange, std::move(checked));
    auto entered = co_await (creates.enter(held.bytes()) || exchange.client_gone());
    if (entered.index() == 1) co_return;
    auto& turn = std::get<0>(entered);
    if (!turn) co_return co_await answer(exchange, net::error_response(turn.error()));
    const auto made = std::make_shared<std::string>();
    const auto done = std::make_shared<std::optional<net::Response>>();
    net::Wakeup finished(io);
    const auto gone = std::make_shared<bool>(false);
    auto run = run_create(request, std::move(held), std::move(*turn), answer_by, made, done, gone, &finished);
    asio::co_spawn(io, std::move(run), asio::detached);
    while (!*done && !*gone) {
      auto either = co_await (finished.wait() || exchange.client_gone());
      if (either.index() == 1) *gone = true;
    }
    if (*done && !*gone) co_await answer(exchange, std::move(**done));
  }
  net::Task<> run_create(std::shared_ptr<const ApiRequest> request, [[maybe_unused]] ByteBudget::Held held,
                         CreateQueue::Turn turn, std::chrono::steady_clock::time_point answer_by,
                         std::shared_ptr<std::string> made,
                         std::shared_ptr<std::optional<net::Response>> done, std::shared_ptr<bool> gone,
                         net::Wakeup* finished) {
    // Calls are named before they are awaited: g++ 12 destroys a closure converted inside an awaited
    // expression twice.
    std::function<net::Response()> make = [this, request, made, answer_by] {
      return browsers.create(*request, made.get(), answer_by);
    };
    auto response = co_await blocking(std::move(make));
    turn = CreateQueue::Turn();
    if (!*gone) {
      *done = std::move(response);
      finished->notify();
      co_return;
    }
    if (!made->empty()) {
      ++creates_undone;
      log.info("client went away, create undone", {{"session", *made}});
      std::function<net::Response()> undo = [this, made] {
        return browsers.remove({.method = "DELETE", .id = *made});
      };
      co_await blocking(std::move(undo), Busy::waits);
    }
  }

  net::Task<> subresource(net::Exchange& exchange, const ApiPath& path) {
    const auto found = std::make_shared<Result<std::optional<Session>>>(std::optional<Session>());
    std::function<net::Response()> resolve = [this, found, id = path.id] {
      *found = browsers.resolve(id);
      return net::Response();
    };
    co_await blocking(std::move(resolve));
    if (!*found) co_return co_await answer(exchange, net::error_response(found->error()));
    if (!**found)
      co_return co_await answer(exchange, error(ErrorKind::not_found, "not_found", "no such browser"));
    const auto& session = ***found;
    if (path.tail == "curl/raw" || path.tail == "extensions")
      co_return co_await answer(exchange, not_found());
    if (session.life == Life::gone) {
      if (path.tail == "telemetry/events" && exchange.head().method == "GET") {
        std::string query(exchange.head().query());
        std::function<net::Response()> read = [this, id = session.id, query] {
          return browsers.archived_events(id, query);
        };
        auto response = co_await blocking(std::move(read));
        co_return co_await answer(exchange, std::move(response), Reason::archive);
      }
      co_return co_await answer(exchange, error(ErrorKind::not_found, "browser_gone", "browser not found"),
                                Reason::browser_gone);
    }
    metro::ForwardOptions way;
    way.public_scheme = options.metro_scheme;
    way.public_host = options.metro_host;
    const std::string id = session.id, tail = path.tail, query(exchange.head().query());
    co_await forwarder.forward(exchange, id, tail, query, way);
  }

  /// What is counted on this thread; the rest is added by a worker.
  MetricsSnapshot snapshot() {
    MetricsSnapshot now;
    now.agents = agents.totals();
    const auto server_totals = server.totals();
    auto& leg = now.control_plane;
    leg += forwarder.counters();
    leg.connections = server_totals.connections;
    leg.refused_connections = server_totals.refused_connections;
    leg.starved_accepts = server_totals.starved_accepts;
    auto& bad = leg.answered[static_cast<std::size_t>(Reason::bad_request)];
    bad[static_cast<std::size_t>(metro::Outcome::client_error)] += server_totals.bad_requests;
    bad[static_cast<std::size_t>(metro::Outcome::server_error)] += server_totals.bad_versions;
    now.creates_undone = creates_undone;
    now.creates_running = creates.running();
    now.creates_waiting = creates.waiting();
    now.hits_create_queue = creates.refused();
    now.hits_create_wait = creates.expired();
    now.hits_workers = turned_away;
    now.hits_bodies = bodies.refused();
    now.requests_at_workers = waiting;
    now.body_bytes_held = bodies.held();
    return now;
  }
  void complete(MetricsSnapshot& now) {
    if (options.direct_leg) now.direct = options.direct_leg();
    now.process = process_stats();
    const auto& happened = sessions.counters();
    now.sessions_creating = sessions.creating();
    now.sessions_live = directory.count(metro::SessionState::live);
    now.sessions_ending = directory.count(metro::SessionState::ending);
    now.ended_deleted = happened.deleted.value();
    now.ended_timed_out = happened.timed_out.value();
    now.ended_vm_died = happened.vm_died.value();
    now.creates_live = happened.created.value();
    now.creates_failed = happened.failed.value();
    now.hits_sessions = happened.at_limit.value();
    now.events_archived = sessions.archiver().archived();
    now.events_without_room = sessions.archiver().dropped();
    const auto lag = sessions.archiver().lag();
    now.archive_lag_bytes = lag.bytes;
    now.archive_lag_seconds = lag.seconds;
    if (options.archive) {
      const auto kept = options.archive();
      now.archive_bytes = static_cast<std::uint64_t>(kept.bytes);
      now.archive_sessions = static_cast<std::uint64_t>(kept.sessions);
      now.archives_expired_by_age = kept.expired_by_age;
      now.archives_expired_by_size = kept.expired_by_size;
      now.archive_events_removed = kept.events_removed;
    }
    const auto& reads = browsers.archive_reads();
    now.archive_reads_gone = reads.gone.value();
    now.archive_reads_live = reads.live.value();
    now.archive_events_read = reads.events.value();
    now.exports = &exporter.counters();
    now.exports_failing = exporter.failing();
  }

  // Agents are asked only when somebody wants to know, and not more often than once a second.
  net::Task<> ask_agents() {
    const auto now = std::chrono::steady_clock::now();
    if (now - kAskAgentsAgain < agents_asked) co_return;
    agents_asked = now;
    auto answers = co_await metro::ask_agents(io, directory, "/counters");
    std::vector<AgentTally::Said> round;
    for (auto& one : answers) round.push_back({std::move(one.session_id), std::move(one.body)});
    agents.add(round);
  }

  net::Task<> metrics(net::Exchange& exchange) {
    if (exchange.head().method != "GET") co_return co_await answer(exchange, not_allowed());
    co_await ask_agents();
    std::function<net::Response()> render = [this, now = snapshot()]() mutable {
      complete(now);
      net::Response response;
      response.headers.add("Content-Type", std::string(Exposition::kContentType));
      response.body = render_metrics(now);
      return response;
    };
    auto response = co_await run_on(scraper, std::move(render));
    co_await answer(exchange, std::move(response));
  }

  net::Task<> browser_call(net::Exchange& exchange, ApiPath path) {
    ByteBudget::Held held(bodies);
    auto body = co_await read_bounded_body(exchange, kMaxBody, held);
    if (!body) co_return co_await answer(exchange, net::error_response(body.error()));
    const auto& head = exchange.head();
    ApiRequest request{
        .method = head.method, .id = path.id, .query = std::string(head.query()), .body = std::move(*body)};
    std::function<net::Response()> call;
    if (path.kind == ApiPath::Kind::browsers) {
      if (head.method == "POST") co_return co_await create(exchange, std::move(request), std::move(held));
      if (head.method == "GET") call = [this, request] { return browsers.list(request); };
    } else {
      if (head.method == "GET") call = [this, request] { return browsers.get(request); };
      if (head.method == "PATCH") call = [this, request] { return browsers.update(request); };
      if (head.method == "DELETE") call = [this, request] { return browsers.remove(request); };
    }
    if (!call) co_return co_await answer(exchange, not_allowed());
    auto response = co_await blocking(std::move(call));
    co_await answer(exchange, std::move(response));
  }

  net::Task<> stored_call(net::Exchange& exchange, ApiPath path, std::string key_id) {
    ByteBudget::Held held(bodies);
    auto body = co_await read_bounded_body(exchange, kMaxBody, held);
    if (!body) co_return co_await answer(exchange, net::error_response(body.error()));
    const auto& head = exchange.head();
    ApiRequest request{.method = head.method,
                       .id = path.id,
                       .query = std::string(head.query()),
                       .body = std::move(*body),
                       .key_id = std::move(key_id)};
    const bool about_keys =
        path.kind != ApiPath::Kind::destinations && path.kind != ApiPath::Kind::destination;
    std::function<net::Response()> call = [this, path, request, about_keys] {
      return about_keys ? keys.answer(path, request) : destinations.answer(path, request);
    };
    auto response = co_await blocking(std::move(call));
    co_await answer(exchange, std::move(response));
  }

  net::Task<> handle(net::Exchange& exchange) {
    auto path = parse_api_path(exchange.head().path());
    if (path.kind == ApiPath::Kind::health) {
      if (exchange.head().method == "GET" || exchange.head().method == "HEAD")
        co_return co_await answer(exchange, net::json_response(200, R"({"status":"ok"})"), Reason::health);
      co_return co_await answer(exchange, not_allowed());
    }
    if (const auto refused = web_origin.refusal(exchange.head()))
      co_return co_await answer(exchange, net::error_response(*refused));
    auto key_id = authorized(exchange.head());
    if (!key_id)
      co_return co_await answer(exchange, net::error_response(key_id.error()), Reason::unauthorized);
    if (path.kind == ApiPath::Kind::bad)
      co_return co_await answer(exchange,
                                error(ErrorKind::invalid, "bad_request", "the path is not well formed"));
    if (path.kind == ApiPath::Kind::none)
      co_return co_await answer(exchange, not_found(), Reason::not_served);
    if (path.kind == ApiPath::Kind::metrics) co_return co_await metrics(exchange);
    if (path.kind == ApiPath::Kind::subresource) co_return co_await subresource(exchange, path);
    if (path.kind == ApiPath::Kind::keys || path.kind == ApiPath::Kind::key ||
        path.kind == ApiPath::Kind::auth_context || path.kind == ApiPath::Kind::destinations ||
        path.kind == ApiPath::Kind::destination)
      co_return co_await stored_call(exchange, std::move(path), std::move(*key_id));
    co_await browser_call(exchange, std::move(path));
  }
};

ApiServer::ApiServer(BrowserHandlers& browsers, KeyHandlers& keys, DestinationHandlers& destinations,
                     Exporter& exporter, Sessions& sessions, metro::SessionDirectory& directory,
                     Random& random, const Clock& clock, const Log& log, ApiServerOptions options)
    : impl_(std::make_unique<Impl>(browsers, keys, destinations, exporter, sessions, directory, random, clock,
                                   log, std::move(options))) {}

ApiServer::~ApiServer() { stop(); }

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
  impl_->workers.stop();  // what has not begun does not begin any more
  impl_->workers.join();
  impl_->scraper.join();
  asio::post(impl_->io, [this] {
    impl_->creates.close();
    impl_->server.close();
    impl_->io.stop();
  });
  impl_->thread.join();
}

}  // namespace wye::control
