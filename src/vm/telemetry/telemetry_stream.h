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

/// The live streams of a session (wire-api §3). Each subscriber is a cursor in the ring and at most one open
/// write, so that a slow one holds one block and loses the records that leave the ring. It sees this as a gap
/// in the ids or, with a filter, the comment `: dropped N`. New records are sent in sweeps over all
/// subscribers: at once when nothing was sent recently; else the next sweep waits about twice as long as the
/// last one took, and sends what has come meanwhile in one write each. One io_context.
class TelemetryStreams {
 public:
  /// A block ends with the record that reaches this size.
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  /// Subscribers that are served before other work of the agent gets a turn.
  static constexpr std::size_t kTurn = 64;
  static constexpr std::chrono::milliseconds kLongestPause{100};

  /// The hub must outlive it.
  TelemetryStreams(boost::asio::io_context& io, TelemetryHub& hub);

  /// Runs until the client goes away or `end()`. 400 for an invalid filter.
  net::Task<> serve(net::Exchange& exchange);
  void end();

  [[nodiscard]] std::size_t open() const { return open_; }
  /// The frames handed to the kernel, and the records that left the ring before a subscriber got them.
  [[nodiscard]] std::int64_t sent() const { return sent_; }
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// The frames of a lane's records after `from`, made once for all subscribers at that place.
  struct Block {
    std::int64_t from = 0, to = 0, records = 0;
    std::string frames;
  };
  /// The state shared by subscribers with the same filter.
  struct Lane {
    events::EventFilter filter;
    std::int64_t came = 0;  ///< Its records in the ring when it was made, and all since; for filters only.
    std::shared_ptr<const Block> block;  // shared with the subscribers that are sending it
  };
  struct Subscriber {
    std::shared_ptr<Lane> lane;  // shared with its other subscribers
    std::int64_t at = 0;         ///< The seq after which it reads.
    std::int64_t told = 0;  ///< Of the lane's records: those sent, reported as dropped, or before its time.
  };
  [[nodiscard]] Subscriber subscriber(events::EventFilter filter, std::int64_t at);
  [[nodiscard]] std::shared_ptr<Lane> lane_of(events::EventFilter filter);
  [[nodiscard]] std::int64_t in_ring_behind(std::int64_t at, const events::EventFilter& filter) const;
  /// Moves the subscriber to the oldest record in the ring; returns how many of its events it lost.
  std::int64_t pass_over_lost(Subscriber& who);
  /// Returns the block to send or skip now; null when there is none.
  [[nodiscard]] std::shared_ptr<const Block> block_behind(Lane& lane, std::int64_t at) const;
  net::Task<> follow(net::Exchange& exchange, Subscriber who, std::int64_t lost);
  void record_came();
  net::Task<> sweep_when_due();

  boost::asio::io_context& io_;
  TelemetryHub& hub_;
  net::Wakeup wakeup_;
  std::shared_ptr<void> on_record_;
  std::map<events::EventFilter, std::weak_ptr<Lane>> lanes_;  // no more than there were subscribers at once
  std::int64_t shown_ = 0;  // up to where the last sweep sends; the next one sends the rest
  Clock::time_point next_sweep_;
  bool sweep_due_ = false, ended_ = false;
  std::size_t open_ = 0;
  std::int64_t sent_ = 0, lost_ = 0;
};

}  // namespace wye::vm
