#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "answers.h"
#include "loop.h"

// Both ends of a telemetry stream: a source of events at a steady rate, and its subscribers.
namespace wye::load {

/// Where a session's VM answers, as its Browser object says.
struct VmAddress {
  std::uint16_t port = 0;
  std::string path;  ///< Of `base_url`.
  std::string jwt;

  /// Makes a request's head and body for the metro.
  [[nodiscard]] std::string request(std::string_view method, std::string_view tail,
                                    std::string_view fields = {}, std::string_view body = {}) const;
};
[[nodiscard]] VmAddress vm_address(const std::string& base_url, const std::string& cdp_ws_url);

/// POSTs events on a thread of its own, `per_second` of them, over a few kept-alive connections.
class EventSource {
 public:
  static constexpr int kConnections = 8;
  EventSource(VmAddress vm, double per_second, std::int64_t count);
  ~EventSource();
  /// Waits until all were answered; returns how many were accepted (200).
  std::int64_t finish();

 private:
  void run();

  const VmAddress vm_;
  const double per_second_;
  const std::int64_t count_;
  std::atomic<std::int64_t> taken_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// One subscriber of `telemetry/stream`.
class Subscriber {
 public:
  /// `sample` gets each event's delay after its `ts` in ms; null when delays are not measured.
  Subscriber(Loop& loop, const VmAddress& vm, std::vector<double>* sample, const WireOptions& options = {});

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const EventReader& seen() const { return events_; }
  [[nodiscard]] Wire& wire() { return wire_; }

 private:
  Wire wire_;
  AnswerReader answers_;
  EventReader events_;
  std::vector<double>* sample_;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace wye::load
