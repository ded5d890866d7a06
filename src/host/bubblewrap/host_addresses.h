#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "host/bubblewrap/vm_record.h"
#include "wye/result.h"

namespace wye::host {

/// Keeps the fence of every living VM true to the IPv4 addresses of this machine: one that appears later (a
/// lease, an interface) is refused as well. It has two threads, one that hears the kernel and one that
/// changes fences. Thread-safe.
class HostAddresses {
 public:
  using Addresses = std::vector<std::string>;
  /// Brings one VM's fence up to date; `not_found` when the VM has ended.
  using Update = std::function<Result<void>(const VmRecord& vm, const Addresses& addresses)>;
  using Warn = std::function<void(const std::string& message)>;

  HostAddresses(Update update, Warn warn);
  ~HostAddresses();

  /// Reads the addresses now, for a fence that is about to be made, whatever the kernel has told so far.
  [[nodiscard]] Addresses now();
  /// Keeps the fence of a VM, which was made with these addresses, up to date until `forget`.
  void keep(const VmRecord& vm, const Addresses& fenced);
  /// Does the same where it is not known what the fence was made with. Changes nothing for a VM that is kept
  /// already.
  void keep(const VmRecord& vm);
  void forget(const std::string& session_id);

 private:
  struct Kept {
    VmRecord vm;
    Addresses fenced;
    bool known = true;  ///< False: `fenced` says nothing.
    /// The earliest time of the next attempt, after a failure.
    std::chrono::steady_clock::time_point again = {};
    std::chrono::milliseconds pause{1000};  ///< How long to wait after the next failure.
  };
  void hear();
  void apply();
  /// Returns the entry that is due first among those whose fence is out of date; null when there is none.
  [[nodiscard]] Kept* stale();
  void take_outcome(const VmRecord& vm, const Addresses& wanted, const Result<void>& done);

  const Update update_;
  const Warn warn_;
  UniqueFd kernel_, stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Addresses addresses_;
  std::map<std::string, Kept> kept_;  // by session
  bool stopping_ = false;
  std::thread hearing_, applying_;
};

}  // namespace wye::host
