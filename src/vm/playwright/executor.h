#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/chromium/browser.h"
#include "vm/playwright/execute_answer.h"
#include "vm/playwright/execute_request.h"
#include "vm/worker/worker.h"

namespace wye::vm {

/// What executors share.
struct ExecutorPlace {
  boost::asio::io_context& io;
  const Clock& clock;
  Browser& browser;
  WorkerOptions worker;
  std::shared_ptr<CdpChannel> channel;             ///< Of the Chromium that runs.
  std::function<std::vector<std::string>()> tabs;  ///< Of all named executors.
};

/// One executor: a worker that runs one call after the other, and, if it has a name of its own, a tab. Calls
/// hold it while they run. One io_context.
class Executor : public std::enable_shared_from_this<Executor> {
 public:
  static constexpr std::size_t kMostWaiting = 16;

  /// `place` must outlive it.
  Executor(ExecutorPlace& place, std::string name);

  /// Runs the code in its turn, and answers. A client that goes away ends the code.
  net::Task<Result<net::Response>> run(net::Exchange& exchange, ExecuteRequest request);
  /// Ends the running call and the worker; the next call gets another one.
  void restart();
  /// Does the same, and refuses the calls that wait.
  void remove();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& tab() const { return tab_; }
  [[nodiscard]] bool busy() const { return !turns_.empty(); }
  [[nodiscard]] std::int64_t created_at() const { return created_at_; }
  [[nodiscard]] std::int64_t last_used_at() const { return last_used_at_; }
  /// Tells whether this object waits for the process.
  [[nodiscard]] bool owns(pid_t pid) const;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  /// A call in its turn.
  struct Call {
    ExecuteRequest request;
    bool client_gone = false;
    std::uint64_t number = 0;  // of the command that was sent last; 0: none yet
    std::optional<WorkerFrame> answer;
    ExecuteOutcome outcome;
  };
  struct Turn;

  [[nodiscard]] bool owns_tab() const { return name_ != kDefaultExecutor; }
  net::Task<Result<void>> work(Call& call);
  net::Task<Result<void>> try_once(Call& call);
  net::Task<Result<void>> open_tab(Call& call);
  net::Task<Result<void>> reach_worker(Call& call);
  net::Task<> await_answer(Call& call);
  net::Task<> end_worker(std::string why);
  Result<void> start_worker();
  static net::Task<> end_when_idle(std::shared_ptr<Executor> self, std::uint64_t worker);
  void take_frame(WorkerFrame frame);
  [[nodiscard]] bool take_answer(WorkerFrame frame);
  static void fail(Call& call, std::string why);

  ExecutorPlace& place_;
  const std::string name_;
  const std::int64_t created_at_;
  std::int64_t last_used_at_;
  Moment idle_since_;
  net::Wakeup changed_;
  std::list<Call*> turns_;  // the first one runs
  Call* running_ = nullptr;
  std::uint64_t commands_ = 0;
  std::unique_ptr<Worker> worker_;
  std::uint64_t workers_ = 0;  // how many there were
  bool ready_ = false;         // the worker has loaded its program
  bool spent_ = false;         // code has changed what later code would find
  bool ended_ = false;         // the worker has
  std::string end_reason_;     // why it has ended
  std::string stopped_by_;     // restart or remove, for the call that runs
  bool removed_ = false;
  std::string tab_;
};

}  // namespace wye::vm
