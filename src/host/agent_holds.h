#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "net/endpoint.h"

namespace wye::host {

/// Tells each live agent that it has a server, by a request that stays open as long as this object, or the
/// process, lives (vm/lifecycle/server_watch.h). An agent without a server ends itself after a day. What
/// agents answer is not read; a hold that breaks is made again. It has one thread; it is thread-safe.
class AgentHolds {
 public:
  AgentHolds();
  ~AgentHolds();
  void hold(const std::string& session, const net::Endpoint& agent);
  void drop(const std::string& session);

 private:
  struct Hold {
    net::Endpoint agent;
    UniqueFd fd;
    /// When the next attempt is made, while there is none.
    std::chrono::steady_clock::time_point again = {};
  };
  void run();
  void connect(Hold& hold);
  void wake();

  UniqueFd wake_;
  std::mutex mutex_;
  std::map<std::string, Hold> holds_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wye::host
