#include "vm/lifecycle/lifecycle_calls.h"

#include <boost/json/serialize.hpp>

#include "net/socket.h"

namespace wye::vm {
namespace {

namespace json = boost::json;

constexpr auto kReadyWithin = std::chrono::seconds(15);
constexpr auto kLastWordWithin =
    std::chrono::milliseconds(150);  // of gateways: they are asked for it at once
constexpr std::string_view kSpec = "openapi: 3.1.0\ninfo:\n  title: Wye VM\n  version: \"1\"\npaths: {}\n";

net::Response healthy() { return net::json_response(200, R"({"status":"ok"})"); }
net::Response spec() { return {200, {{"Content-Type", "application/yaml"}}, std::string(kSpec)}; }

// The status is 500, and not 503, so that the starter of the VM gives up (vm-api §7).
void register_readiness(ServedCalls& calls, std::string_view operation, Browser& browser,
                        net::Response (*answer)()) {
  calls.task(
      operation,
      [&browser, answer](net::Exchange&, const net::PathParameters&) -> net::Task<Result<net::Response>> {
        const bool ready = co_await browser.wait_ready(kReadyWithin);
        if (ready) co_return answer();
        auto error = browser_starting();
        error.status = 500;
        co_return std::move(error);
      });
}

net::Response counters(const LifecycleParts& parts) {
  const auto use = parts.processes.use();
  json::object out{{"events", parts.telemetry.last_seq()},
                   {"dropped", parts.telemetry.dropped()},
                   {"sent", parts.streams.sent()},
                   {"lost", parts.streams.lost()},
                   {"streams", parts.streams.open()},
                   {"chromium_restarts", parts.chromium_ends},
                   {"processes", use.running}};
  if (use.ended_before) out["process_ended_ms"] = use.ended_before->count();
  return net::json_response(200, json::serialize(out));
}

}  // namespace

void register_lifecycle_calls(ServedCalls& calls, LifecycleParts parts) {
  register_readiness(calls, "health", parts.browser, healthy);
  register_readiness(calls, "spec", parts.browser, spec);
  calls.answer("heartbeat", [](const net::RequestHead&, const net::PathParameters&) {
    return Result<net::Response>(net::json_response(200, "{}"));
  });
  calls.answer("counters", [parts](const net::RequestHead&, const net::PathParameters&) {
    return Result<net::Response>(counters(parts));
  });
  calls.exchange("holdServer", [parts](net::Exchange& exchange, const net::PathParameters&) {
    return parts.servers.hold(exchange);
  });
  // The answer comes once the ends of the connections are recorded.
  calls.task("endConnections",
             [parts](net::Exchange&, const net::PathParameters&) -> net::Task<Result<net::Response>> {
               parts.relay.end_all("session ended");
               co_await parts.relay.wait_ended(std::chrono::steady_clock::now() + kLastWordWithin);
               co_return net::json_response(200, "{}");
             });
}

}  // namespace wye::vm
