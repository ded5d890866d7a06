#include "vm/telemetry/telemetry_stream.h"

#include <algorithm>
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

std::shared_ptr<TelemetryStreams::Lane> TelemetryStreams::lane_of(events::EventFilter filter) {
  if (const auto found = lanes_.find(filter); found != lanes_.end())
    if (auto lane = found->second.lock()) return lane;
  std::erase_if(lanes_, [](const auto& entry) { return entry.second.expired(); });
  auto lane = std::make_shared<Lane>();
  lane->filter = std::move(filter);
  lane->came = in_ring_behind(0, lane->filter);
  lanes_[lane->filter] = lane;
  return lane;
}

std::int64_t TelemetryStreams::in_ring_behind(std::int64_t at, const events::EventFilter& filter) const {
  std::int64_t count = 0;
  if (filter.is_all()) return count;  // counting their ids is enough
  for (auto record = hub_.ring().after(at); record; record = hub_.ring().after(record->seq))
    count += filter.takes(*record) ? 1 : 0;
  return count;
}

TelemetryStreams::Subscriber TelemetryStreams::subscriber(events::EventFilter filter, std::int64_t at) {
  Subscriber out{.lane = lane_of(std::move(filter)), .at = at};
  out.told = out.lane->came - in_ring_behind(at, out.lane->filter);
  return out;
}

std::int64_t TelemetryStreams::pass_over_lost(Subscriber& who) {
  const auto oldest = hub_.ring().before_oldest();
  if (who.at >= oldest) return 0;
  auto lost = oldest - who.at;
  who.at = oldest;
  if (const auto& filter = who.lane->filter; !filter.is_all()) {
    lost = who.lane->came - in_ring_behind(oldest, filter) - who.told;
    who.told += lost;
  }
  lost_ += lost;
  return lost;
}

std::shared_ptr<const TelemetryStreams::Block> TelemetryStreams::block_behind(Lane& lane,
                                                                              std::int64_t at) const {
  if (at >= shown_) return nullptr;
  const auto& last = lane.block;
  const bool is_all = last && (last->to >= shown_ || last->frames.size() >= kBlockBytes);
  if (is_all && last->from == at) return last;
  auto block = std::make_shared<Block>();
  block->from = block->to = at;
  while (block->frames.size() < kBlockBytes) {
    const auto record = hub_.ring().after(block->to);
    if (!record || record->seq > shown_) break;
    block->to = record->seq;
    if (!lane.filter.takes(*record)) continue;
    append_frame(block->frames, *record);
    ++block->records;
  }
  if (block->to == at) return nullptr;
  lane.block = block;
  return block;
}

net::Task<> TelemetryStreams::serve(net::Exchange& exchange) {
  const auto& head = exchange.head();
  auto filter = events::parse_event_filter(head.query());
  if (!filter) {
    auto refusal = net::error_response(filter.error());
    co_await exchange.respond(std::move(refusal));
    co_return;
  }
  const bool has_id = head.headers.has("Last-Event-ID");
  const auto at = events::stream_start(
      hub_.ring(), has_id ? std::optional<std::string_view>(head.headers.get("Last-Event-ID")) : std::nullopt,
      net::query_value(head.query(), "replay"));
  net::Headers headers{{"Content-Type", "text/event-stream"},
                       {"X-SSE-Content-Type", "application/json"},
                       {"Cache-Control", "no-cache"}};
  // Events that a resumed stream has missed left the ring before it had a lane; the log still has them.
  const auto oldest = std::max(at, hub_.ring().before_oldest());
  const auto missed = filter->is_all() ? 0 : hub_.count_kept(at, oldest, *filter);
  auto who = subscriber(std::move(*filter), missed > 0 ? oldest : at);
  lost_ += missed;
  if (!co_await exchange.start(200, std::move(headers))) co_return;
  ++open_;
  co_await follow(exchange, std::move(who), missed);
  --open_;
}

net::Task<> TelemetryStreams::follow(net::Exchange& exchange, Subscriber who, std::int64_t lost) {
  auto written = Clock::now();
  while (true) {
    // While a slow reader is waited for, the ring moves on; the records that leave it are a gap in the ids.
    lost += pass_over_lost(who);
    if (lost > 0 && !who.lane->filter.is_all()) {
      const auto comment = ": dropped " + std::to_string(lost) + "\n\n";
      lost = 0;
      if (!co_await exchange.write(comment)) co_return;
      written = Clock::now();
      continue;
    }
    if (const auto block = block_behind(*who.lane, who.at)) {
      who.at = block->to;
      if (block->records == 0) continue;
      who.told += block->records;
      if (!co_await exchange.write(block->frames)) co_return;
      sent_ += block->records;
      written = Clock::now();
      continue;
    }
    if (ended_) break;
    // Events that its filter drops wake it too; they must not delay the keepalive.
    if (co_await wakeup_.wait(written + kKeepalive)) continue;
    if (!co_await exchange.write(":\n\n")) co_return;
    written = Clock::now();
  }
  co_await exchange.finish();
}

void TelemetryStreams::record_came() {
  if (const auto record = hub_.ring().after(hub_.ring().head() - 1))
    for (const auto& [filter, kept] : lanes_)
      if (!filter.is_all() && filter.takes(*record))
        if (const auto lane = kept.lock()) ++lane->came;
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
    // Runs again when the woken subscribers have sent and wait again, and other work had its turn.
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
