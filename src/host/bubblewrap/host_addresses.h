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

/// Keeps every living VM's fence true to the IPv4 addresses that this machine has: one that appears later (a
/// lease, an interface) is refused as well. Two threads of its own, one that hears the kernel, one that
/// changes fences; thread-safe.
class HostAddresses {
 public:
  using Addresses = std::vector<std::string>;
  /// Brings one VM's fence up to date; `not_found` when the VM is no more.
  using Update = std::function<Result<void>(const VmRecord& vm, const Addresses& addresses)>;
  using Warn = std::function<void(const std::string& message)>;

  HostAddresses(Update update, Warn warn);
  ~HostAddresses();

  /// Read now, for a fence that is about to be made; whatever the kernel has told so far.
  [[nodiscard]] Addresses now();
  /// From now on, until `forget`: a VM whose fence was made with these addresses.
  void keep(const VmRecord& vm, const Addresses& fenced);
  /// The same where it is not known what its fence was made with; nothing new for one that is kept already.
  void keep(const VmRecord& vm);
  void forget(const std::string& session_id);

 private:
  struct Kept {
    VmRecord vm;
    Addresses fenced;
    bool known = true;                                 ///< False: `fenced` says nothing.
    std::chrono::steady_clock::time_point again = {};  ///< After a failure: not before.
    std::chrono::milliseconds pause{1000};             ///< After the next one.
  };
  void hear();
  void apply();
  /// Of the fences that are not as they should be, the one that is due first; null when there is none.
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
