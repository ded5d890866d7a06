#include "cli/cdp/local_cdp.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <cstdio>
#include <utility>

#include "base/encoding.h"
#include "cli/cdp/socket_relay.h"

namespace wye::cli {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kConnections = 128;  // each needs another one to the session
constexpr std::size_t kThreads = 16;       // dials and calls at once; others wait
constexpr std::chrono::seconds kLookEvery{5}, kLeaveWithin{2};
constexpr std::chrono::milliseconds kLooksApart{250};

}  // namespace

LocalCdp::LocalCdp(SessionLink& link, net::HostPort where, bool network)
    : log_(LogLevel::off),
      link_(link),
      where_(std::move(where)),
      clients_(network),
      workers_(io_, log_, kThreads),
      look_now_(io_),
      one_left_(io_),
      signals_(io_.get_executor()),
      server_(io_, [this](net::Exchange& exchange) -> net::Task<> { return serve(exchange); },
              {.connections = kConnections}) {}

Result<std::string> LocalCdp::listen() {
  ::signal(SIGPIPE, SIG_IGN);
  const auto port = server_.listen_tcp(where_.host, where_.port);
  if (!port) return port.error();
  return net::authority(where_.host, *port);
}

std::optional<Error> LocalCdp::run() {
  boost::system::error_code ignored;
  for (const int number : {SIGINT, SIGTERM}) signals_.add(number, ignored);
  auto left = [this](boost::system::error_code error, int) {
    if (!error) asio::co_spawn(io_.get_executor(), leave(std::nullopt), asio::detached);
  };
  signals_.async_wait(std::move(left));
  asio::co_spawn(io_.get_executor(), watch_session(), asio::detached);
  io_.run();
  return why_;
}

net::Response LocalCdp::no_such_path(std::string_view host) const {
  return net::error_response({.kind = ErrorKind::not_found,
                              .code = "wrong_cdp_url",
                              .message = "there is no such DevTools path here; clients take http://" +
                                         std::string(host) + " or " +
                                         local_browser_url(host, link_.session_id()),
                              .status = 404});
}

net::Task<> LocalCdp::serve(net::Exchange& exchange) {
  ++served_;
  const auto& head = exchange.head();
  const auto refusal = clients_.refusal(head.headers);
  const auto path = session_path(head.path(), link_.session_id());
  const bool wants_socket = iequals(head.upgrade, "websocket");
  if (refusal) {
    auto response = net::error_response(*refusal);
    co_await exchange.respond(std::move(response));
  } else if (!path || path->is_socket != wants_socket) {
    auto response = no_such_path(head.headers.get("Host"));
    co_await exchange.respond(std::move(response));
  } else if (wants_socket) {
    co_await serve_socket(io_, workers_, link_, exchange, path->path);
    want_look();
  } else {
    co_await answer_json(exchange, path->path);
  }
  --served_;
  one_left_.notify();
}

net::Task<> LocalCdp::answer_json(net::Exchange& exchange, std::string path) {
  const auto& head = exchange.head();
  const std::string host(head.headers.get("Host")), query(head.query());
  std::string method = head.method == "HEAD" ? "GET" : head.method;
  if (method != "GET" && method != "PUT") {
    auto refused =
        net::error_response({ErrorKind::invalid, "method_not_allowed", "DevTools take GET and PUT", 405});
    co_return (void) co_await exchange.respond(std::move(refused));
  }
  const std::function<Result<SessionLink::Answer>()> ask = [this, method, path, query] {
    return link_.ask(method, path, query);
  };
  const auto answer = co_await workers_.run<SessionLink::Answer>(ask);
  if (!answer || answer->status != 200) {
    want_look();
    auto error = answer ? error_of_session(answer->status, answer->body) : answer.error();
    if (error.status == 0) error.status = 502;
    auto refused = net::error_response(error);
    co_return (void) co_await exchange.respond(std::move(refused));
  }
  auto response = net::json_response(200, "");
  auto shown = with_local_urls(answer->body, host, link_.session_id(), answer->token);
  if (shown) {
    response.body = std::move(*shown);
  } else if (answer->body.find(answer->token) == std::string::npos) {
    response.headers.set("Content-Type", "text/plain");  // for "Target is closing"
    response.body = answer->body;
  } else {
    response =
        net::error_response({ErrorKind::internal, "bad_answer", "the session's answer cannot be shown", 502});
  }
  co_await exchange.respond(std::move(response));
}

void LocalCdp::want_look() {
  look_wanted_ = true;
  look_now_.notify();
}

// Watches for the session's end, which is reported only over a connection to it. A server that is away for a
// while does not count as the end.
net::Task<> LocalCdp::watch_session() {
  bool known = true;
  while (!leaving_) {
    if (!std::exchange(look_wanted_, false)) co_await look_now_.wait(steady_clock::now() + kLookEvery);
    look_wanted_ = false;
    if (leaving_) co_return;
    const std::function<Result<bool>()> look = [this]() -> Result<bool> {
      const auto looked = link_.look();
      if (!looked) return looked.error();
      return true;
    };
    const auto lives = co_await workers_.run<bool>(look);
    if (!lives && lives.error().kind == ErrorKind::not_found) co_return co_await leave(lives.error());
    if (!lives && known)
      std::fprintf(stderr, "%s: %s; goes on trying\n", lives.error().code.c_str(),
                   lives.error().message.c_str());
    known = lives.has_value();
    net::Timer pause(io_.get_executor(), kLooksApart);
    co_await pause.async_wait(net::kAwait);
  }
}

// Leaves time for the session's own close frames to reach connected clients.
net::Task<> LocalCdp::leave(std::optional<Error> why) {
  if (leaving_) co_return;
  leaving_ = true;
  why_ = std::move(why);
  server_.stop_accepting();
  const auto until = steady_clock::now() + kLeaveWithin;
  bool in_time = why_.has_value();
  while (in_time && served_ > 0) in_time = co_await one_left_.wait(until);
  server_.close();
  io_.stop();
}

}  // namespace wye::cli
