#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "metro/metro.h"
#include "metro/session_directory.h"
#include "net/lazy_deadline.h"
#include "net/socket.h"

namespace wye::metro {

/// A connection to an agent, with the bytes that were read and not yet passed on.
struct Upstream {
  Upstream(net::Socket connected, net::DescriptorBudget::Place in_budget)
      : place(std::move(in_budget)), socket(std::move(connected)) {
    buffer.resize(kBufferBytes);
  }
  static constexpr std::size_t kBufferBytes = 32 * 1024;        // also the largest head an agent may send
  static constexpr std::size_t kLargeBufferBytes = 128 * 1024;  // of a body that comes faster than it is read

  [[nodiscard]] std::string_view buffered() const { return {buffer.data() + begin, end - begin}; }
  void consume(std::size_t bytes) {
    begin += bytes;
    if (begin == end) begin = end = 0;
  }
  /// Makes room for larger pieces of a body. The buffer must be empty.
  void widen() {
    if (buffer.size() < kLargeBufferBytes) buffer.resize(kLargeBufferBytes);
  }
  void narrow() {
    if (buffer.size() > kBufferBytes) std::vector<char>(kBufferBytes).swap(buffer);
  }
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  // Before the socket, so that it is given back after the socket is closed.
  net::DescriptorBudget::Place place;
  net::Socket socket;
  std::vector<char> buffer;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool reused = false;   ///< Whether it has answered before: the agent may have ended it meanwhile.
  UniqueFd handed_over;  ///< A socket that came with the head of a 101.
  /// Whether it may not be read again: an end is told once, and a second read would wait for ever.
  bool ended = false;
};

/// Idle connections to agents, last used first. Bounded for each session and altogether; those of an ending
/// session are closed at once.
class UpstreamPool {
 public:
  UpstreamPool(boost::asio::io_context& io, SessionDirectory& directory, const ProxyLimits& limits);

  /// Returns an idle connection or a new one; `disconnected` when nothing listens, `overloaded` when no
  /// descriptor is left.
  [[nodiscard]] Result<std::unique_ptr<Upstream>> take(const net::Endpoint& agent);
  [[nodiscard]] Result<std::unique_ptr<Upstream>> connect(const net::Endpoint& agent);
  /// Takes back a connection whose answer was read to its end; closes one with further bytes.
  void put(std::string_view session_id, const net::Endpoint& agent, std::unique_ptr<Upstream> upstream);
  void clear();
  [[nodiscard]] std::size_t idle() const { return idle_; }
  /// Whether the last `take` or `connect` failed because no descriptor was left.
  [[nodiscard]] bool starved() const { return starved_; }

 private:
  struct Idle {
    std::unique_ptr<Upstream> upstream;
    std::chrono::steady_clock::time_point since;
  };
  struct Session {
    std::vector<Idle> idle;
    std::shared_ptr<void> ending;  // the call that the directory makes when the session ends
  };
  void sweep();
  bool drop_one();
  void forget_at_its_end(std::string_view session_id, const net::Endpoint& agent, Session& session);

  boost::asio::io_context& io_;
  SessionDirectory& directory_;
  const ProxyLimits& limits_;
  std::unordered_map<std::string, Session> sessions_;
  std::size_t idle_ = 0;
  // Two facts that have nothing to do with each other.
  bool starved_ = false;   // whether the last attempt to connect found no descriptor
  bool sweeping_ = false;  // whether the timer is set, as it is while any connection is idle
  // the directory's calls hold a weak pointer to it, which tells whether this object still exists
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  net::LazyDeadline sweep_timer_;
};

}  // namespace wye::metro
