#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace wye::testing {

/// The connection of a request, for scripts that need more than one answer. Used on that connection's thread
/// of the peer.
class PeerLine {
 public:
  PeerLine(int client, int stop) : client_(client), stop_(stop) {}
  /// Returns false when the client is gone.
  bool send(std::string_view bytes);
  /// Returns when the client has closed or reset the connection, or when the peer ends.
  void wait_for_hangup();

 private:
  int client_, stop_;
};

/// A peer's answer to one request, as bytes: nothing is checked or corrected on the way out.
struct Play {
  std::string bytes;        ///< Sent unchanged.
  bool reset = false;       ///< If set, the connection is then reset instead of closed.
  bool keep_open = false;   ///< If set, the connection then stays open, silent, until the client closes it.
  bool keep_alive = false;  ///< If set, the connection then waits for its next request.
  std::function<void(PeerLine&)> more;  ///< Called after `bytes` were sent.
};

/// A request as it came over the wire.
struct SeenRequest {
  std::string line;    ///< Method, target, version.
  std::string head;    ///< All of the head.
  std::string body;    ///< As framed on the wire.
  int connection = 0;  ///< Counted from 1, in the order of accepting.
};

/// A script that a test changes while peers play it.
class ChangingScript {
 public:
  using Script = std::function<Play(const SeenRequest&)>;
  template <class Function>
  ChangingScript(Function script)  // implicit, so that a lambda converts to a Script
      : script_(std::make_shared<const Script>(std::move(script))) {}
  template <class Function>
  ChangingScript& operator=(Function script) {
    auto next = std::make_shared<const Script>(std::move(script));
    const std::lock_guard lock(mutex_);
    script_ = std::move(next);
    return *this;
  }
  Play operator()(const SeenRequest& request) const { return (*now())(request); }

 private:
  // Returns the current script; a player keeps the one that it began with.
  [[nodiscard]] std::shared_ptr<const Script> now() const {
    const std::lock_guard lock(mutex_);
    return script_;
  }
  mutable std::mutex mutex_;
  std::shared_ptr<const Script> script_;
};

/// An HTTP server on a free loopback port that plays a script and records the wire. One thread a connection;
/// thread-safe.
class ScriptedPeer {
 public:
  using Script = std::function<Play(const SeenRequest&)>;
  explicit ScriptedPeer(Script script);
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<SeenRequest> seen() const;
  /// Returns the latest request. Throws `std::logic_error` when there was none, which fails the test with its
  /// message.
  [[nodiscard]] SeenRequest last_seen() const;
  [[nodiscard]] std::size_t count() const { return seen().size(); }
  [[nodiscard]] int connections() const;
  /// Waits until `count` connections have ended; false when that takes unreasonably long.
  [[nodiscard]] bool wait_for_ended(int connections);

 private:
  void accept_loop();
  void serve(UniqueFd client, int connection);
  bool serve_one(int client, int connection, std::string& in);

  Script script_;
  UniqueFd listener_, stop_read_, stop_write_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenRequest> seen_;
  int accepted_ = 0, ended_ = 0;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// Makes an answer with `Content-Length` and `Connection: close`.
[[nodiscard]] Play answer(int status, const std::string& body,
                          const std::string& headers = "Content-Type: application/json\r\n");
/// Makes the same answer, chunked.
[[nodiscard]] Play chunked(int status, const std::string& body, const std::string& headers = "");
/// Makes an answer after which the connection stays open for the next request.
[[nodiscard]] Play kept(int status, const std::string& body,
                        const std::string& headers = "Content-Type: application/json\r\n");

}  // namespace wye::testing
