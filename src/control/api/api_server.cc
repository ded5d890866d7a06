#include "control/api/api_server.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>

#include "base/encoding.h"
#include "base/try.h"
#include "control/api/api_server_impl.h"
#include "wire/known_api.h"
#include "wire/vm_calls.h"

namespace wye::control {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kDoorkeepers = 4;     // threads
constexpr std::size_t kMaxBody = 8u << 20;  // wire-api §2: JSON bodies

using Kind = ApiPath::Kind;
using metro::Reason;

Error not_found(std::string message) {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = std::move(message)};
}
Error not_allowed() {
  return {.kind = ErrorKind::invalid,
          .code = "method_not_allowed",
          .message = "this path does not take that method",
          .status = 405};
}
Error bad_path() {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = "the path is not well formed"};
}
Error only_below_base_url(std::string_view tail) {
  return not_found(std::string(tail) + " is reached below the browser's base_url only");
}
// Null: no row of the table has this tail and method.
const wire::VmCall* call_of(std::string_view method, const ApiPath& path) {
  const auto tail = percent_decode(path.tail);  // no segment of an ApiPath holds an encoded slash
  return tail ? wire::vm_calls().find(method, *tail).call : nullptr;
}
Error browser_gone() {
  return {.kind = ErrorKind::not_found, .code = "browser_gone", .message = "browser not found"};
}

// Keys in a store of this machine are asked for on the event loop.
std::size_t doorkeepers_for(const ApiServerOptions& options) {
  return options.keys_are_remote ? kDoorkeepers : 1;
}

net::ServerLimits server_limits(const ApiServerOptions& options) {
  auto limits = options.limits;
  limits.descriptors = options.descriptors;
  return limits;
}

}  // namespace

ApiServer::Impl::Impl(BrowserHandlers& handlers, KeyHandlers& key_handlers,
                      DestinationHandlers& destination_handlers, Exporter& exports, Sessions& lives,
                      metro::SessionDirectory& all, Random& chance, const Clock& time, const Log& sink,
                      ApiServerOptions set)
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
      records(io, options.records),
      agents(io, options.agents),
      tests(io, options.tests),
      creates(io, options.creates),
      bodies(options.max_body_bytes_held),
      workers(
          io, sink,
          options.records.running + options.agents.running + options.tests.running + options.creates.running),
      scraper(io, sink, 1),
      doorkeepers(io, sink, doorkeepers_for(options)),
      web_origin(options.host, options.allowed_hosts),
      server(
          io, [this](net::Exchange& exchange) { return handle(exchange); }, server_limits(options)),
      forwarder(io, directory, log, clock, {.descriptors = options.descriptors}, browsers.hooks()) {}

Result<std::string> ApiServer::Impl::authorized(const std::string& authorization) {
  WYE_TRY(const auto key, keys.authorize(authorization));
  if (key) return key->id;
  return Error{.kind = ErrorKind::unauthorized,
               .code = "unauthorized",
               .message = "the API key is missing, not known, revoked or expired"};
}

net::Task<Result<std::string>> ApiServer::Impl::admit(std::string authorization) {
  if (!options.keys_are_remote) co_return authorized(authorization);
  std::function<Result<std::string>()> ask = [this, authorization = std::move(authorization)] {
    return authorized(authorization);
  };
  co_return co_await doorkeepers.run(std::move(ask));
}

net::Task<> ApiServer::Impl::answer(net::Exchange& exchange, const Error& error, Reason reason) {
  auto response = net::error_response(error);
  co_await answer(exchange, std::move(response), reason);
}

net::Task<> ApiServer::Impl::answer(net::Exchange& exchange, net::Response response, Reason reason) {
  ByteBudget::Held held(bodies);  // while a slow reader takes it
  if (!held.add(response.body.size())) response = net::error_response(no_room_for_body());
  const auto status = response.status;
  const bool overloaded = status == 429 || status == 503 || status == 529;
  forwarder.counters().answer(reason == Reason::handler && overloaded ? Reason::overloaded : reason, status);
  const auto given = exchange.head().headers.get("X-Request-Id");
  const bool fit = !given.empty() && given.size() <= 128;
  response.headers.set("X-Request-Id", fit ? std::string(given) : "req-" + new_id(random));
  log.debug("request",
            {{"method", exchange.head().method}, {"path", exchange.head().path()}, {"status", status}});
  co_await exchange.respond(std::move(response));
}

net::Task<std::optional<net::Response>> ApiServer::Impl::response_at_turn(
    net::Exchange& exchange, TurnQueue& queue, std::string key, std::size_t bytes,
    std::function<net::Response()> call) {
  using namespace asio::experimental::awaitable_operators;
  auto entered = co_await (queue.enter(std::move(key), bytes) || exchange.client_gone());
  if (entered.index() == 1) co_return std::nullopt;
  auto& turn = std::get<0>(entered);
  if (!turn) co_return net::error_response(turn.error());
  std::function<Result<net::Response>()> guarded = [call = std::move(call)]() -> Result<net::Response> {
    return call();
  };
  auto response = co_await workers.run(std::move(guarded));
  co_return response ? std::move(*response) : net::error_response(response.error());
}

net::Task<> ApiServer::Impl::forward(net::Exchange& exchange, const std::string& session_id,
                                     const std::string& tail) {
  metro::ForwardOptions way;
  if (options.metro.known()) way.public_scheme = options.metro.scheme();
  way.public_host = options.metro.host_of(session_id);
  std::string query(exchange.head().query());
  co_await forwarder.forward(exchange, session_id, tail, std::move(query), std::move(way));
}

// A living browser is reached whatever the store and its workers do.
net::Task<> ApiServer::Impl::subresource(net::Exchange& exchange, const ApiPath& path,
                                         const std::string& key_id) {
  const auto* call = call_of(exchange.head().method, path);
  if (call != nullptr && call->reach == wire::Reach::base_url)
    co_return co_await answer(exchange, only_below_base_url(call->tail));
  if (directory.find(path.id).state == metro::SessionState::live)
    co_return co_await forward(exchange, path.id, path.tail);
  std::function<Result<std::optional<Session>>()> resolve = [this, id = path.id] {
    return browsers.resolve(id);
  };
  const auto found = co_await at_turn(records, key_id, std::move(resolve));
  if (!found) co_return co_await answer(exchange, found.error());
  if (!*found) co_return co_await answer(exchange, not_found("no such browser"));
  const std::string id = (*found)->id;
  if ((*found)->life != Life::gone) co_return co_await forward(exchange, id, path.tail);
  if (call == nullptr || !call->archived)
    co_return co_await answer(exchange, browser_gone(), Reason::browser_gone);
  std::function<net::Response()> read = [this, id, query = std::string(exchange.head().query())] {
    return browsers.archived_events(id, query);
  };
  auto page = co_await response_at_turn(exchange, records, key_id, 0, std::move(read));
  if (page) co_await answer(exchange, std::move(*page), Reason::archive);
}

// The end of a browser takes seconds, and is waited for without a worker.
net::Task<> ApiServer::Impl::remove(net::Exchange& exchange, std::string id_or_name, std::string key_id) {
  std::function<Result<std::string>()> begin = [this, id_or_name] {
    return browsers.begin_remove(id_or_name);
  };
  const auto begun = co_await at_turn(records, std::move(key_id), std::move(begin));
  if (!begun) co_return co_await answer(exchange, begun.error());
  const auto until = std::chrono::steady_clock::now() + options.delete_answer;
  struct State {
    explicit State(asio::io_context& context) : wakeup(context) {}
    net::Wakeup wakeup;
    bool finished = false;
  };
  const auto state = std::make_shared<State>(io);  // shared with the call, which may come later
  sessions.when_finished(*begun, [this, state] {
    asio::post(io, [state] {
      state->finished = true;
      state->wakeup.notify();
    });
  });
  while (!state->finished)
    if (!co_await state->wakeup.wait(until)) break;
  net::Response done{204, {}, ""};
  co_await answer(exchange, std::move(done));
}

net::Task<> ApiServer::Impl::browser_call(net::Exchange& exchange, ApiPath path, std::string key_id) {
  ByteBudget::Held held(bodies);
  auto body = co_await read_bounded_body(exchange, kMaxBody, held);
  if (!body) co_return co_await answer(exchange, body.error());
  const auto& method = exchange.head().method;
  ApiRequest request{.method = method,
                     .id = path.id,
                     .query = std::string(exchange.head().query()),
                     .body = std::move(*body),
                     .key_id = key_id};
  const bool all = path.kind == Kind::browsers;
  if (all && method == "POST") co_return co_await create(exchange, std::move(request), std::move(held));
  if (!all && method == "DELETE") co_return co_await remove(exchange, std::move(path.id), std::move(key_id));
  std::function<net::Response()> call;
  if (all && method == "GET") call = [this, request] { return browsers.list(request); };
  if (!all && method == "GET") call = [this, request] { return browsers.get(request); };
  if (!all && method == "PATCH") call = [this, request] { return browsers.update(request); };
  if (!call) co_return co_await answer(exchange, not_allowed());
  auto& queue = method == "PATCH" ? agents : records;
  auto response =
      co_await response_at_turn(exchange, queue, std::move(key_id), held.bytes(), std::move(call));
  if (response) co_await answer(exchange, std::move(*response));
}

net::Task<> ApiServer::Impl::stored_call(net::Exchange& exchange, ApiPath path, std::string key_id) {
  ByteBudget::Held held(bodies);
  auto body = co_await read_bounded_body(exchange, kMaxBody, held);
  if (!body) co_return co_await answer(exchange, body.error());
  const auto& head = exchange.head();
  ApiRequest request{.method = head.method,
                     .id = path.id,
                     .query = std::string(head.query()),
                     .body = std::move(*body),
                     .key_id = key_id};
  const bool about_keys = path.kind != Kind::destinations && path.kind != Kind::destination;
  const bool tries = path.kind == Kind::destination && path.tail == "test" && head.method == "POST";
  std::function<net::Response()> call = [this, path, request = std::move(request), about_keys] {
    return about_keys ? keys.answer(path, request) : destinations.answer(path, request);
  };
  auto response = co_await response_at_turn(exchange, tries ? tests : records, std::move(key_id),
                                            held.bytes(), std::move(call));
  if (response) co_await answer(exchange, std::move(*response));
}

// Names the right URL for a DevTools client that connected to the control plane. It needs no key for that:
// such clients have none to send.
std::optional<Error> ApiServer::Impl::misdirected(const net::RequestHead& head, const ApiPath& path) const {
  const bool wants_socket = iequals(head.upgrade, "websocket") && path.kind != Kind::subresource;
  const bool asks_devtools = path.kind == Kind::subresource ? wire::is_devtools_path("/" + path.tail)
                                                            : wire::is_devtools_path(head.path());
  if (!wants_socket && !asks_devtools) return std::nullopt;
  const auto host =
      options.metro.per_session() ? options.metro.host_of("SESSION") : options.metro.host_of({});
  return wire::wrong_cdp_url(options.metro.scheme() == "https", host);
}

net::Task<> ApiServer::Impl::handle(net::Exchange& exchange) {
  const auto& head = exchange.head();
  auto path = parse_api_path(head.path());
  if (path.kind == Kind::health) {
    if (head.method != "GET" && head.method != "HEAD") co_return co_await answer(exchange, not_allowed());
    // 200 in either case: the process is well, and browsers are reached without the store.
    const auto* const state =
        options.store_is_away() ? R"({"status":"degraded","store":"away"})" : R"({"status":"ok"})";
    auto response = net::json_response(200, state);
    co_return co_await answer(exchange, std::move(response), Reason::health);
  }
  if (const auto refused = web_origin.refusal(head)) co_return co_await answer(exchange, *refused);
  if (const auto lost = misdirected(head, path))
    co_return co_await answer(exchange, *lost, Reason::not_served);
  std::string authorization(head.headers.get("Authorization"));
  auto key_id = co_await admit(std::move(authorization));
  if (!key_id) co_return co_await answer(exchange, key_id.error(), Reason::unauthorized);
  exchange.welcome();
  switch (path.kind) {
    case Kind::bad:
      co_return co_await answer(exchange, bad_path());
    case Kind::none:
      co_return co_await answer(exchange, not_found("no such path"), Reason::not_served);
    case Kind::not_here:
      co_return co_await answer(exchange, wire::not_implemented(path.tail), Reason::not_served);
    case Kind::metrics:
      if (head.method != "GET") co_return co_await answer(exchange, not_allowed());
      co_return co_await metrics(exchange);
    case Kind::subresource:
      co_return co_await subresource(exchange, path, *key_id);
    case Kind::health:
    case Kind::browsers:
    case Kind::browser:
      co_return co_await browser_call(exchange, std::move(path), std::move(*key_id));
    case Kind::keys:
    case Kind::key:
    case Kind::auth_context:
    case Kind::destinations:
    case Kind::destination:
      co_return co_await stored_call(exchange, std::move(path), std::move(*key_id));
  }
}

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
  impl_->workers.stop();
  impl_->scraper.stop();
  impl_->doorkeepers.stop();
  asio::post(impl_->io, [this] {
    for (auto* queue : {&impl_->records, &impl_->agents, &impl_->tests, &impl_->creates}) queue->close();
    impl_->server.close();
    impl_->io.stop();
  });
  impl_->thread.join();
}

}  // namespace wye::control
