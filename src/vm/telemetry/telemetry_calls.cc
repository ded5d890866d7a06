#include "vm/telemetry/telemetry_calls.h"

namespace wye::vm {
namespace {

// The longest that a stuck page may delay a change.
constexpr auto kChangeWithin = std::chrono::seconds(2);

using Change = net::Response (TelemetryHandlers::*)(std::string_view body);

void register_change(ServedCalls& calls, std::string_view operation, TelemetryHandlers& handlers,
                     Change change, Collector& collector) {
  calls.with_body(operation,
                  [&handlers, change, &collector](std::string body) -> net::Task<Result<net::Response>> {
                    auto response = (handlers.*change)(body);
                    // Waits so that what a page does after the answer is reported by the new configuration.
                    if (response.status < 300) co_await collector.wait_in_effect(kChangeWithin);
                    co_return std::move(response);
                  });
}

}  // namespace

void register_telemetry_calls(ServedCalls& calls, TelemetryHandlers& handlers, TelemetryStreams& streams,
                              Collector& collector) {
  calls.answer("getTelemetry", [&handlers](const net::RequestHead&, const net::PathParameters&) {
    return Result<net::Response>(handlers.state());
  });
  register_change(calls, "putTelemetry", handlers, &TelemetryHandlers::put, collector);
  register_change(calls, "patchTelemetry", handlers, &TelemetryHandlers::patch, collector);
  calls.answer("listTelemetryEvents", [&handlers](const net::RequestHead& head, const net::PathParameters&) {
    return Result<net::Response>(handlers.events(head.query()));
  });
  calls.with_body("postTelemetryEvent", [&handlers](std::string body) -> net::Task<Result<net::Response>> {
    co_return handlers.post_event(body);
  });
  calls.exchange("streamTelemetry", [&streams](net::Exchange& exchange, const net::PathParameters&) {
    return streams.serve(exchange);
  });
}

}  // namespace wye::vm
