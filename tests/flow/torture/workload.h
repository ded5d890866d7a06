#pragma once

#include <atomic>
#include <condition_variable>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "ledger.h"
#include "schedule.h"
#include "world.h"

namespace wye::torture {

/// Marks left in a browser to be found again: a cookie and a tab.
struct BrowserMarks {
  std::string cookie, target_id;
};

/// The clients of one planned browser, at work until they are stopped: one that creates and deletes it and
/// makes various calls, posters of events, a live stream, a reader of pages, one that uses its machine. What
/// they are told goes into the ledger.
class Workload {
 public:
  using Start = std::chrono::steady_clock::time_point;
  Workload(World& world, Ledger& ledger, const Round& round, int browser, Start start);
  /// Stops them and waits.
  void stop();
  /// Valid after `stop`; nothing when they could not be left.
  [[nodiscard]] const std::optional<BrowserMarks>& marks() const { return marks_; }

 private:
  void run(const std::stop_token& stop);
  void leave_marks();
  void call_around(const std::stop_token& stop);
  void post(const std::stop_token& stop, int poster);
  void page(const std::stop_token& stop);
  void use_machine(const std::stop_token& stop);
  void stream(const std::stop_token& stop);
  void stream_raw(const std::stop_token& stop, std::int64_t* last);
  void stream_resumed(const std::stop_token& stop);
  /// Returns false once stopped.
  bool pause(const std::stop_token& stop, std::chrono::milliseconds time);
  bool pause_until(const std::stop_token& stop, int ms);
  [[nodiscard]] CallOptions until(const std::stop_token& stop) const;

  World& world_;
  Ledger& ledger_;
  const PlannedBrowser plan_;
  const std::string label_;  // names this round and browser in every event
  const int browser_;
  const int first_step_;  // of the use of its machine
  const Start start_;
  Client client_;
  std::string id_, cdp_url_;
  std::optional<BrowserMarks> marks_;
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::stop_source stop_;
  std::vector<std::thread> threads_;
  std::thread main_;
};

}  // namespace wye::torture
