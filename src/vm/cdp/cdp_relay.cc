#include "vm/cdp/cdp_relay.h"

#include "vm/cdp/cdp_connection.h"

namespace wye::vm {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr auto kDialWithin = std::chrono::seconds(15);
constexpr int kGoingAway = 1001;

}  // namespace

CdpRelay::CdpRelay(asio::io_context& io, Browser& browser, TelemetryHub& telemetry)
    : io_(io), browser_(browser), telemetry_(telemetry) {}

void CdpRelay::end_all(const std::string& reason) {
  for (auto* connection : open_) connection->end(kGoingAway, reason);
}

void CdpRelay::on_end_of(std::uint64_t generation) {
  for (auto* connection : open_) connection->on_end_of(generation);
}

net::Task<> CdpRelay::relay(CdpConnection& connection) {
  struct Listed {
    std::list<CdpConnection*>& all;
    std::list<CdpConnection*>::iterator at;
    ~Listed() { all.erase(at); }
  };
  const Listed listed{open_, open_.insert(open_.end(), &connection)};
  const auto id = "c" + std::to_string(next_connection_++);
  const auto began = steady_clock::now();
  telemetry_.emit("cdp_connect", "connection", "kernel_api", {{"connection_id", id}});
  auto tell_end = [&, id] {
    const double ms = std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
    telemetry_.emit("cdp_disconnect", "connection", "kernel_api",
                    {{"duration_ms", ms},
                     {"message_count", connection.messages()},
                     {"reason", connection.reason()},
                     {"connection_id", id}});
  };
  co_await connection.run(std::move(tell_end));
}

net::Task<> CdpRelay::serve(net::Exchange& exchange) {
  auto request = dial_request_of(exchange.head());
  auto upstream = co_await dial_devtools(io_, browser_, request, steady_clock::now() + kDialWithin);
  if (!upstream) {
    auto response = net::error_response(upstream.error());
    co_await exchange.respond(std::move(response));
    co_return;
  }
  CdpConnection connection(io_, browser_, std::move(request), std::move(*upstream), exchange.hijack());
  const bool taken = co_await connection.open();
  if (taken) co_await relay(connection);
}

}  // namespace wye::vm
