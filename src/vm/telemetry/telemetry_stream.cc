#include "vm/telemetry/telemetry_stream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "net/socket.h"

namespace wye::vm {

namespace asio = boost::asio;

namespace {

constexpr auto kKeepalive = std::chrono::seconds(15);

void append_frame(std::string& out, const events::Record& record) {
  out.append("id: ").append(std::to_string(record.seq));
  out.append("\ndata: ").append(record.json).append("\n\n");
}

}  // namespace

TelemetryStreams::TelemetryStreams(asio::io_context& io, TelemetryHub& hub)
    : io_(io),
      hub_(hub),
      wakeup_(io),
      on_record_(hub.on_record([this] { record_came(); })),
      shown_(hub.ring().head()) {}

std::shared_ptr<const TelemetryStreams::Block> TelemetryStreams::block_behind(std::int64_t at) {
  if (at >= shown_) return nullptr;
  const bool is_all = block_ && (block_->to >= shown_ || block_->frames.size() >= kBlockBytes);
  if (is_all && block_->from == at) return block_;
  auto block = std::make_shared<Block>();
  block->from = block->to = at;
  while (block->frames.size() < kBlockBytes) {
    const auto record = hub_.ring().after(block->to);
    if (!record || record->seq > shown_) break;
    append_frame(block->frames, *record);
    block->to = record->seq;
    ++block->records;
  }
  block_ = block;
  return block;
}

net::Task<> TelemetryStreams::serve(net::Exchange& exchange) {
  const auto& head = exchange.head();
  const bool has_id = head.headers.has("Last-Event-ID");
  const auto at = events::stream_start(
      hub_.ring(), has_id ? std::optional<std::string_view>(head.headers.get("Last-Event-ID")) : std::nullopt,
      net::query_value(head.query(), "replay"));
  net::Headers headers{{"Content-Type", "text/event-stream"},
                       {"X-SSE-Content-Type", "application/json"},
                       {"Cache-Control", "no-cache"},
                       {"X-Wye-Source", "agent"}};
  if (!co_await exchange.start(200, std::move(headers))) co_return;
  ++open_;
  co_await follow(exchange, at);
  --open_;
}

net::Task<> TelemetryStreams::follow(net::Exchange& exchange, std::int64_t at) {
  while (true) {
    // While a slow reader is waited for the ring moves on; what falls out of it is a gap in the ids.
    const auto oldest = hub_.ring().before_oldest();
    if (at < oldest) lost_ += oldest - at;
    at = std::max(at, oldest);
    const auto block = block_behind(at);
    if (block && block->records > 0) {
      if (!co_await exchange.write(block->frames)) co_return;
      at = block->to;
      sent_ += block->records;
      continue;
    }
    if (ended_) break;
    if (!co_await wakeup_.wait(Clock::now() + kKeepalive) && !co_await exchange.write(":\n\n")) co_return;
  }
  co_await exchange.finish();
}

void TelemetryStreams::record_came() {
  if (sweep_due_) return;
  sweep_due_ = true;
  asio::co_spawn(io_, sweep_when_due(), asio::detached);
}

net::Task<> TelemetryStreams::sweep_when_due() {
  if (next_sweep_ > Clock::now()) {
    net::Timer pause(io_.get_executor(), next_sweep_);
    co_await pause.async_wait(net::kAwait);
  }
  sweep_due_ = false;
  shown_ = hub_.ring().head();
  const auto begin = Clock::now();
  for (auto left = wakeup_.waiting(); left > 0;) {
    left -= wakeup_.notify_first(std::min(left, kTurn));
    // Comes back when those who were woken have sent and wait again, and others had their turn.
    co_await asio::post(io_, asio::deferred);
  }
  const auto end = Clock::now();
  next_sweep_ = end + std::min<Clock::duration>(2 * (end - begin), kLongestPause);
}

void TelemetryStreams::end() {
  ended_ = true;
  shown_ = hub_.ring().head();
  wakeup_.notify();
}

}  // namespace wye::vm
