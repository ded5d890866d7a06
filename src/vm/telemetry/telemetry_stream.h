#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// The live streams of a session (wire-api §3): each subscriber is a cursor in the ring and at most one write
/// under way, so that a slow one holds one block and loses what leaves the ring, visibly. New records are
/// sent in sweeps over all subscribers: at once when nothing was sent lately; else the next sweep waits about
/// twice as long as the last one took, and what came meanwhile goes out in one write each. One io_context.
class TelemetryStreams {
 public:
  /// A block ends with the record that reaches this size.
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  /// So many subscribers are served before other work of the agent gets a turn.
  static constexpr std::size_t kTurn = 64;
  static constexpr std::chrono::milliseconds kLongestPause{100};

  /// The hub must outlive it.
  TelemetryStreams(boost::asio::io_context& io, TelemetryHub& hub);

  /// Until the client goes away or `end()`.
  net::Task<> serve(net::Exchange& exchange);
  void end();

  [[nodiscard]] std::size_t open() const { return open_; }
  /// Frames handed to the kernel, and records that left the ring before a subscriber could get them.
  [[nodiscard]] std::int64_t sent() const { return sent_; }
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// Frames of the records behind `from`, made once for all who are at the same place.
  struct Block {
    std::int64_t from = 0, to = 0, records = 0;
    std::string frames;
  };
  /// What is to be sent now; null: nothing.
  [[nodiscard]] std::shared_ptr<const Block> block_behind(std::int64_t at);
  net::Task<> follow(net::Exchange& exchange, std::int64_t at);
  void record_came();
  net::Task<> sweep_when_due();

  boost::asio::io_context& io_;
  TelemetryHub& hub_;
  net::Wakeup wakeup_;
  std::shared_ptr<void> on_record_;
  std::shared_ptr<const Block> block_;  // shared with the subscribers that are sending it
  std::int64_t shown_ = 0;              // what the last sweep sends; the next one sends the rest
  Clock::time_point next_sweep_;
  bool sweep_due_ = false, ended_ = false;
  std::size_t open_ = 0;
  std::int64_t sent_ = 0, lost_ = 0;
};

}  // namespace wye::vm
