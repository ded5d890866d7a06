#include "vm/cdp/cdp_calls.h"

#include "base/encoding.h"
#include "vm/cdp/json_endpoints.h"

namespace wye::vm {
namespace {

constexpr auto kChromiumWithin = std::chrono::seconds(15);

// The part of the path from `/json` on.
std::string json_path(std::string_view path) {
  constexpr std::string_view kThroughMetro = "/browser/cdp";
  return std::string(path.starts_with(kThroughMetro) ? path.substr(kThroughMetro.size()) : path);
}

}  // namespace

void register_cdp_calls(ServedCalls& calls, boost::asio::io_context& io, CdpRelay& relay, Browser& browser,
                        CurlService& curl) {
  for (const auto* operation : {"cdpSocket", "devtoolsSocket"})
    calls.exchange(
        operation,
        [&relay, &browser, &curl](net::Exchange& exchange, const net::PathParameters&) -> net::Task<> {
          if (!iequals(exchange.head().upgrade, "websocket")) {
            auto refused = net::error_response(no_such_path());
            co_return (void) co_await exchange.respond(std::move(refused));
          }
          // A DevTools client may hold every target that is made after its first command, so ours must exist
          // before.
          const bool is_there = co_await browser.wait_ready(kChromiumWithin);
          if (is_there) curl.reserve();
          co_await relay.serve(exchange);
        });
  for (const auto* operation : {"cdpTargets", "cdpTargetList", "cdpVersion", "cdpProtocol", "cdpNewTarget",
                                "cdpCloseTarget", "cdpActivateTarget", "devtoolsOverHttp"})
    calls.task(operation,
               [&io, &browser, &curl](net::Exchange& exchange,
                                      const net::PathParameters&) -> net::Task<Result<net::Response>> {
                 const std::function<bool(std::string_view)> is_ours = [&curl](std::string_view id) {
                   return curl.is_ours(id);
                 };
                 auto path = json_path(exchange.head().path());
                 co_return co_await answer_json_endpoint(io, browser, exchange.head(), std::move(path),
                                                         is_ours);
               });
}

}  // namespace wye::vm
