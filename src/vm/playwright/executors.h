#pragma once

#include <map>

#include "base/byte_budget.h"
#include "vm/playwright/executor.h"

namespace wye::vm {

/// The executors of a session by name (vm-api §12). `default` always exists. One io_context.
class Executors {
 public:
  static constexpr std::size_t kMostNamed = 8;
  static constexpr std::size_t kMostCode = 32u << 20;  ///< Of all calls that run or wait.

  Executors(boost::asio::io_context& io, const Clock& clock, Browser& browser, WorkerOptions worker);

  /// Takes the DevTools of the Chromium that runs from now on; null: there is none.
  void attach(std::shared_ptr<CdpChannel> channel) { place_.channel = std::move(channel); }

  /// Runs code; 409 with the present executors when there are as many as there may be.
  net::Task<Result<net::Response>> execute(net::Exchange& exchange, ExecuteRequest request);
  net::Task<Result<net::Response>> list();
  net::Task<Result<net::Response>> remove(const std::string& name, bool close_tab);
  /// Tells whether an executor waits for the process.
  [[nodiscard]] bool owns(pid_t pid) const;

 private:
  net::Task<boost::json::array> describe();
  [[nodiscard]] std::vector<std::string> tabs() const;

  ExecutorPlace place_;
  ByteBudget code_{kMostCode};
  std::shared_ptr<Executor> default_;
  std::list<std::shared_ptr<Executor>> named_;  // the oldest first
};

}  // namespace wye::vm
