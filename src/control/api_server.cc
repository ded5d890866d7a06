#include "control/api_server.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <thread>

#include "base/try.h"
#include "control/api_path.h"
#include "control/web_origin.h"
#include "metro/forward.h"
#include "net/http_server.h"
#include "net/wakeup.h"

namespace wye::control {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxBody = 8u << 20;  // wire-api §2: JSON bodies

net::Response error(ErrorKind kind, const char* code, const char* message, int status = 0) {
  return net::error_response({.kind = kind, .code = code, .message = message, .status = status});
}
net::Response not_found() { return error(ErrorKind::not_found, "not_found", "no such path"); }
net::Response not_allowed() {
  return error(ErrorKind::invalid, "method_not_allowed", "this path does not take that method", 405);
}

}  // namespace

struct ApiServer::Impl {
  Impl(BrowserHandlers& handlers, KeyHandlers& key_handlers, Sessions& lives, metro::SessionDirectory& all,
       Random& chance, const Clock& time, const Log& sink, ApiServerOptions set)
      : browsers(handlers),
        keys(key_handlers),
        sessions(lives),
        directory(all),
        random(chance),
        clock(time),
        log(sink),
        options(std::move(set)),
        workers(options.worker_threads),
        web_origin(options.host, options.allowed_hosts),
        server(
            io, [this](net::Exchange& exchange) { return handle(exchange); }, options.limits),
        forwarder(io, directory, log, clock, {}, browsers.hooks()) {}

  BrowserHandlers& browsers;
  KeyHandlers& keys;
  Sessions& sessions;
  metro::SessionDirectory& directory;
  Random& random;
  const Clock& clock;
  const Log& log;
  const ApiServerOptions options;
  asio::io_context io{1};
  asio::thread_pool workers;
  std::size_t waiting = 0;
  const WebOrigin web_origin;
  net::HttpServer server;
  metro::Forwarder forwarder;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::thread thread;

  // Runs a blocking call on a worker; the coroutine goes on here when it is done, also after its client has
  // gone.
  net::Task<net::Response> blocking(std::function<net::Response()> call) {
    if (waiting >= options.max_waiting)
      co_return error(ErrorKind::overloaded, "rate_limited", "the server is busy; try again", 503);
    struct State {
      explicit State(asio::io_context& context) : wakeup(context) {}
      net::Wakeup wakeup;
      std::optional<net::Response> response;
    };
    const auto state = std::make_shared<State>(io);  // shared with the worker
    ++waiting;
    asio::post(workers, [this, state, call = std::move(call)] {
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
    --waiting;
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

  net::Task<> answer(net::Exchange& exchange, net::Response response) {
    const auto given = exchange.head().headers.get("X-Request-Id");
    const bool fit = !given.empty() && given.size() <= 128;
    response.headers.set("X-Request-Id", fit ? std::string(given) : "req-" + new_id(random));
    log.debug(
        "request",
        {{"method", exchange.head().method}, {"path", exchange.head().path()}, {"status", response.status}});
    co_await exchange.respond(std::move(response));
  }

  // A create whose client went away before the answer is undone: official clients send it again (wire-api
  // §1).
  net::Task<> create(net::Exchange& exchange, ApiRequest request) {
    using namespace asio::experimental::awaitable_operators;
    const auto made = std::make_shared<std::string>();
    const auto done = std::make_shared<std::optional<net::Response>>();
    net::Wakeup finished(io);
    const auto gone = std::make_shared<bool>(false);
    asio::co_spawn(io, run_create(std::move(request), made, done, gone, &finished), asio::detached);
    while (!*done && !*gone) {
      auto either = co_await (finished.wait() || exchange.client_gone());
      if (either.index() == 1) *gone = true;
    }
    if (*done && !*gone) co_await answer(exchange, std::move(**done));
  }
  net::Task<> run_create(ApiRequest request, std::shared_ptr<std::string> made,
                         std::shared_ptr<std::optional<net::Response>> done, std::shared_ptr<bool> gone,
                         net::Wakeup* finished) {
    // Calls are named before they are awaited: g++ 12 destroys a closure converted inside an awaited
    // expression twice.
    std::function<net::Response()> make = [this, request = std::move(request), made] {
      return browsers.create(request, made.get());
    };
    auto response = co_await blocking(std::move(make));
    if (!*gone) {
      *done = std::move(response);
      finished->notify();
      co_return;
    }
    if (!made->empty()) {
      log.info("client went away, create undone", {{"session", *made}});
      std::function<net::Response()> undo = [this, made] {
        return browsers.remove({.method = "DELETE", .id = *made});
      };
      co_await blocking(std::move(undo));
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
        co_return co_await answer(exchange, std::move(response));
      }
      co_return co_await answer(exchange, error(ErrorKind::not_found, "browser_gone", "browser not found"));
    }
    metro::ForwardOptions way;
    way.public_host = options.metro_host;
    const std::string id = session.id, tail = path.tail, query(exchange.head().query());
    co_await forwarder.forward(exchange, id, tail, query, way);
  }

  net::Task<> browser_call(net::Exchange& exchange, ApiPath path) {
    auto body = co_await exchange.read_body(kMaxBody);
    if (!body) co_return co_await answer(exchange, net::error_response(body.error()));
    const auto& head = exchange.head();
    ApiRequest request{
        .method = head.method, .id = path.id, .query = std::string(head.query()), .body = std::move(*body)};
    std::function<net::Response()> call;
    if (path.kind == ApiPath::Kind::browsers) {
      if (head.method == "POST") co_return co_await create(exchange, std::move(request));
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

  net::Task<> key_call(net::Exchange& exchange, ApiPath path, std::string key_id) {
    auto body = co_await exchange.read_body(kMaxBody);
    if (!body) co_return co_await answer(exchange, net::error_response(body.error()));
    const auto& head = exchange.head();
    ApiRequest request{.method = head.method,
                       .id = path.id,
                       .query = std::string(head.query()),
                       .body = std::move(*body),
                       .key_id = std::move(key_id)};
    std::function<net::Response()> call = [this, path, request] { return keys.answer(path, request); };
    auto response = co_await blocking(std::move(call));
    co_await answer(exchange, std::move(response));
  }

  net::Task<> handle(net::Exchange& exchange) {
    auto path = parse_api_path(exchange.head().path());
    if (path.kind == ApiPath::Kind::health) {
      if (exchange.head().method == "GET" || exchange.head().method == "HEAD")
        co_return co_await answer(exchange, net::json_response(200, R"({"status":"ok"})"));
      co_return co_await answer(exchange, not_allowed());
    }
    if (const auto refused = web_origin.refusal(exchange.head()))
      co_return co_await answer(exchange, net::error_response(*refused));
    auto key_id = authorized(exchange.head());
    if (!key_id) co_return co_await answer(exchange, net::error_response(key_id.error()));
    if (path.kind == ApiPath::Kind::bad)
      co_return co_await answer(exchange,
                                error(ErrorKind::invalid, "bad_request", "the path is not well formed"));
    if (path.kind == ApiPath::Kind::none) co_return co_await answer(exchange, not_found());
    if (path.kind == ApiPath::Kind::subresource) co_return co_await subresource(exchange, path);
    if (path.kind == ApiPath::Kind::keys || path.kind == ApiPath::Kind::key ||
        path.kind == ApiPath::Kind::auth_context)
      co_return co_await key_call(exchange, std::move(path), std::move(*key_id));
    co_await browser_call(exchange, std::move(path));
  }
};

ApiServer::ApiServer(BrowserHandlers& browsers, KeyHandlers& keys, Sessions& sessions,
                     metro::SessionDirectory& directory, Random& random, const Clock& clock, const Log& log,
                     ApiServerOptions options)
    : impl_(std::make_unique<Impl>(browsers, keys, sessions, directory, random, clock, log,
                                   std::move(options))) {}

ApiServer::~ApiServer() { stop(); }

Result<std::uint16_t> ApiServer::start() {
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
  impl_->workers.join();
  asio::post(impl_->io, [this] {
    impl_->server.close();
    impl_->io.stop();
  });
  impl_->thread.join();
}

}  // namespace wye::control
