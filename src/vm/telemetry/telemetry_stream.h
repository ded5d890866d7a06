#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "events/event_filter.h"
#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// The live streams of a session (wire-api §3): each subscriber is a cursor in the ring and at most one write
/// under way, so that a slow one holds one block and loses what leaves the ring, visibly: by the gap in the
/// ids, or, where a filter makes gaps of its own, by the comment `: dropped N`. New records are sent in
/// sweeps over all subscribers: at once when nothing was sent lately; else the next sweep waits about twice
/// as long as the last one took, and what came meanwhile goes out in one write each. One io_context.
class TelemetryStreams {
 public:
  /// A block ends with the record that reaches this size.
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  /// So many subscribers are served before other work of the agent gets a turn.
  static constexpr std::size_t kTurn = 64;
  static constexpr std::chrono::milliseconds kLongestPause{100};

  /// The hub must outlive it.
  TelemetryStreams(boost::asio::io_context& io, TelemetryHub& hub);

  /// Until the client goes away or `end()`. 400 for a filter that is none.
  net::Task<> serve(net::Exchange& exchange);
  void end();

  [[nodiscard]] std::size_t open() const { return open_; }
  /// Frames handed to the kernel, and records that left the ring before a subscriber could get them.
  [[nodiscard]] std::int64_t sent() const { return sent_; }
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// Frames of a lane's records behind `from`, made once for all who are at the same place.
  struct Block {
    std::int64_t from = 0, to = 0, records = 0;
    std::string frames;
  };
  /// What those share who asked for the same events.
  struct Lane {
    events::EventFilter filter;
    std::int64_t came = 0;  ///< Its records in the ring when it was made, and all since; for filters only.
    std::shared_ptr<const Block> block;  // shared with the subscribers that are sending it
  };
  struct Subscriber {
    std::shared_ptr<Lane> lane;  // shared with the others in it
    std::int64_t at = 0;         ///< The seq behind which it reads.
    std::int64_t told = 0;       ///< Of what came in the lane: sent, or told as dropped, or before its time.
  };
  [[nodiscard]] Subscriber subscriber(events::EventFilter filter, std::int64_t at);
  [[nodiscard]] std::shared_ptr<Lane> lane_of(events::EventFilter filter);
  [[nodiscard]] std::int64_t in_ring_behind(std::int64_t at, const events::EventFilter& filter) const;
  /// Moves it on to what the ring still has; how many of its events are lost to it.
  std::int64_t pass_over_lost(Subscriber& who);
  /// What is to be sent or passed over now; null: nothing.
  [[nodiscard]] std::shared_ptr<const Block> block_behind(Lane& lane, std::int64_t at) const;
  net::Task<> follow(net::Exchange& exchange, Subscriber who, std::int64_t lost);
  void record_came();
  net::Task<> sweep_when_due();

  boost::asio::io_context& io_;
  TelemetryHub& hub_;
  net::Wakeup wakeup_;
  std::shared_ptr<void> on_record_;
  std::map<events::EventFilter, std::weak_ptr<Lane>> lanes_;  // no more than there were subscribers at once
  std::int64_t shown_ = 0;  // what the last sweep sends; the next one sends the rest
  Clock::time_point next_sweep_;
  bool sweep_due_ = false, ended_ = false;
  std::size_t open_ = 0;
  std::int64_t sent_ = 0, lost_ = 0;
};

}  // namespace wye::vm
