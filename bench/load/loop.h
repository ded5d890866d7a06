#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

// Many client connections on one thread, for the load program and for tests of its invariants. The caller
// bounds the connections; every wait has a deadline.
namespace wye::load {

using Clock = std::chrono::steady_clock;

class Loop;

struct WireOptions {
  std::string source;      ///< A loopback address to connect from; "" = any. Each has its own ports.
  int receive_buffer = 0;  ///< SO_RCVBUF; 0 = the kernel's choice.
};

/// One TCP connection to a port of this host. Its owner must not destroy it in one of its own calls;
/// `close()` it there instead.
class Wire {
 public:
  /// Connects in the background. Bytes sent before that are kept.
  Wire(Loop& loop, std::uint16_t port, const WireOptions& options = {});
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  std::function<void(std::string_view)> on_bytes;
  std::function<void()> on_end;  ///< Called when the server closed or reset it, or it could not be opened.

  void send(std::string_view bytes);
  /// Sets whether arriving bytes are read at once; otherwise the kernel's buffers fill up.
  void read(bool on);
  void close();
  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }

 private:
  friend class Loop;
  void handle(std::uint32_t events);
  void flush();
  void watch();
  void end();

  Loop& loop_;
  UniqueFd fd_;
  std::string unsent_;
  std::size_t sent_ = 0;  // of `unsent_`, already sent
  bool connected_ = false, reading_ = true;
  std::uint32_t watched_ = 0;
};

class Loop {
 public:
  Loop();
  /// Runs turns until `done` returns true, which is called after every turn; false at the deadline.
  bool run_until(const std::function<bool()>& done, Clock::time_point deadline);
  bool run_for(Clock::duration time) {
    return run_until([] { return false; }, Clock::now() + time);
  }
  /// Calls `call` once, in a turn of `run_until`.
  void at(Clock::time_point time, std::function<void()> call);

 private:
  friend class Wire;
  struct Due {
    Clock::time_point time;
    std::uint64_t order;
    std::function<void()> call;
    bool operator<(const Due& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };
  UniqueFd epoll_;
  std::vector<char> block_;
  std::priority_queue<Due> due_;
  std::uint64_t order_ = 0;
  std::vector<Wire*> turn_;  // events being handled; a closed connection is removed
};

}  // namespace wye::load
