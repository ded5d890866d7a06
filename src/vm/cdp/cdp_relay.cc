#include "vm/cdp/cdp_relay.h"

#include "vm/cdp/cdp_line.h"

namespace wye::vm {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr auto kDialWithin = std::chrono::seconds(15);
constexpr int kGoingAway = 1001;

}  // namespace

CdpRelay::CdpRelay(asio::io_context& io, Browser& browser, TelemetryHub& telemetry)
    : io_(io), browser_(browser), telemetry_(telemetry), commands_(telemetry), ended_(io) {
  telemetry_.on_commands([this] {
    for (auto* line : open_) line->update_commands();
  });
}

void CdpRelay::end_all(const std::string& reason) {
  for (auto* line : open_) line->end(kGoingAway, reason);
}

void CdpRelay::on_end_of(std::uint64_t generation) {
  for (auto* line : open_) line->on_end_of(generation);
}

net::Task<> CdpRelay::wait_ended(steady_clock::time_point until) {
  while (!open_.empty() && steady_clock::now() < until) co_await ended_.wait(until);
}

net::Task<> CdpRelay::follow(CdpLine& line) {
  struct Listed {
    CdpRelay& relay;
    std::list<CdpLine*>::iterator at;
    ~Listed() {
      relay.open_.erase(at);
      relay.ended_.notify();
    }
  };
  const Listed listed{*this, open_.insert(open_.end(), &line)};
  const auto began = steady_clock::now();
  telemetry_.emit("cdp_connect", "connection", "kernel_api", {{"connection_id", line.id()}});
  co_await line.run();
  const double ms = std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
  boost::json::object data{{"duration_ms", ms},
                           {"message_count", line.messages()},
                           {"reason", line.reason()},
                           {"connection_id", line.id()}};
  if (const auto commands = line.commands()) {
    data["telemetry_dropped"] = commands->lost;
    data["telemetry_excluded"] = commands->excluded;
  }
  telemetry_.emit("cdp_disconnect", "connection", "kernel_api", std::move(data));
}

net::Task<> CdpRelay::serve(net::Exchange& exchange) {
  if (exchange.head().headers.get(wire::kHandsOverField).empty()) {
    auto refused = net::error_response({.kind = ErrorKind::unsupported,
                                        .code = "not_implemented",
                                        .message = "DevTools are reached through the gateway",
                                        .status = 501});
    co_await exchange.respond(std::move(refused));
    co_return;
  }
  auto request = dial_request_of(exchange.head());
  auto upstream = co_await dial_devtools(io_, browser_, request, steady_clock::now() + kDialWithin);
  if (!upstream) {
    auto response = net::error_response(upstream.error());
    co_await exchange.respond(std::move(response));
    co_return;
  }
  CdpLine line(browser_, io_, std::move(request), std::move(*upstream), exchange.hijack(), commands_,
               "c" + std::to_string(next_connection_++));
  if (line.open()) co_await follow(line);
}

}  // namespace wye::vm
