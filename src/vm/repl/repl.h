#pragma once

#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/chromium/browser.h"
#include "vm/repl/repl_content.h"
#include "vm/repl/repl_request.h"
#include "vm/worker/worker.h"

namespace wye::vm {

/// The REPL of a session: one worker that runs cells in turn and keeps what they declare, until it ends
/// (wire-api §23). One io_context.
class Repl {
 public:
  static constexpr std::size_t kMostWaiting = 16;

  Repl(boost::asio::io_context& io, Browser& browser, WorkerOptions worker);

  net::Task<Result<net::Response>> run(net::Exchange& exchange, ReplRequest request);
  /// Tells whether this object waits for the process.
  [[nodiscard]] bool owns(pid_t pid) const { return worker_ && worker_->pid() == pid; }

 private:
  struct Call {
    bool client_gone = false;
    std::uint64_t number = 0;  ///< Of its command; 0: none was sent.
    std::optional<WorkerFrame> answer;
  };
  struct Turn;

  net::Task<Result<net::Response>> run_in_turn(Call& call, ReplRequest request);
  net::Task<Result<void>> reach_worker(Call& call);
  net::Task<> await_answer(Call& call, std::chrono::seconds timeout, ReplOutcome& outcome);
  net::Task<> end_worker();
  Result<void> start_worker();
  void take_frame(WorkerFrame frame);
  [[nodiscard]] bool take_content(const WorkerFrame& frame);

  boost::asio::io_context& io_;
  Browser& browser_;
  const WorkerOptions options_;
  net::Wakeup changed_;
  std::list<Call*> turns_;  // the first one runs
  Call* running_ = nullptr;
  std::unique_ptr<Worker> worker_;
  std::string id_;  // of the worker's state
  bool ready_ = false, ended_ = false;
  std::string end_reason_, uncaught_;
  ReplContent content_;
  std::uint64_t commands_ = 0;
};

}  // namespace wye::vm
