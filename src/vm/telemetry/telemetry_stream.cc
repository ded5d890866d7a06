#include "vm/telemetry/telemetry_stream.h"

#include <string>

namespace wye::vm {

namespace {

constexpr auto kKeepalive = std::chrono::seconds(15);
constexpr std::size_t kSendAtOnce =
    64 * 1024;  // a stream gathers what is due into one write of about this size

std::string frame(const events::Record& record) {
  return "id: " + std::to_string(record.seq) + "\ndata: " + record.json + "\n\n";
}

}  // namespace

TelemetryStreams::TelemetryStreams(boost::asio::io_context& io, TelemetryHub& hub)
    : hub_(hub), wakeup_(io), on_record_(hub.on_record([this] { wakeup_.notify(); })) {}

net::Task<> TelemetryStreams::serve(net::Exchange& exchange) {
  const auto& head = exchange.head();
  const bool has_id = head.headers.has("Last-Event-ID");
  auto at = events::stream_start(
      hub_.ring(), has_id ? std::optional<std::string_view>(head.headers.get("Last-Event-ID")) : std::nullopt,
      net::query_value(head.query(), "replay"));
  net::Headers headers{{"Content-Type", "text/event-stream"},
                       {"X-SSE-Content-Type", "application/json"},
                       {"Cache-Control", "no-cache"},
                       {"X-Wye-Source", "agent"}};
  if (!co_await exchange.start(200, std::move(headers))) co_return;
  while (!ended_) {
    std::string due;
    while (due.size() < kSendAtOnce) {
      const auto record = hub_.ring().after(at);
      if (!record) break;
      due += frame(*record);
      at = record->seq;
    }
    if (due.empty() && !ended_ && !co_await wakeup_.wait(std::chrono::steady_clock::now() + kKeepalive))
      due = ":\n\n";
    // While this waits for a slow reader the ring moves on; what falls out of it is a gap in the ids.
    if (!due.empty() && !co_await exchange.write(due)) co_return;
  }
  co_await exchange.finish();
}

void TelemetryStreams::end() {
  ended_ = true;
  wakeup_.notify();
}

}  // namespace wye::vm
