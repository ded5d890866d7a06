#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/jobs.h"
#include "base/log.h"
#include "host/oom_report.h"
#include "host/vms.h"

namespace wye::host {

/// Tells a VM's agent, which numbers events, of the kernel's kills for memory. Code in a VM can cause kills
/// as fast as it likes, and its agent may answer late or never: so kills wait for a thread of their own, and
/// only a few of one session and of all wait. Thread-safe.
class OomTeller {
 public:
  static constexpr std::size_t kMaxWaiting = 256, kMaxWaitingOfOne = 4;

  OomTeller(const Vms& vms, const Log& log) : vms_(vms), log_(log) {}
  void tell(const OomKill& kill);
  void stop() { jobs_.stop(); }

 private:
  bool take_place(const std::string& session);
  void give_back_place(const std::string& session);
  void tell_now(const OomKill& kill);

  const Vms& vms_;
  const Log& log_;
  std::mutex mutex_;
  std::size_t waiting_ = 0;
  std::map<std::string, std::size_t> waiting_of_;  // the number for each session that has some
  std::uint64_t next_ = 0;
  Jobs jobs_{1};  // last: its jobs use the rest
};

}  // namespace wye::host
