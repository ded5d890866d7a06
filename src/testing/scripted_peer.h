#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace wye::testing {

/// What a peer does with one request, in bytes: nothing is parsed or corrected on the way out.
struct Play {
  std::string bytes;   ///< Sent as they are.
  bool reset = false;  ///< Then the connection is reset; otherwise it is closed.
  bool keep_open =
      false;  ///< Then nothing more is sent, and the connection stays (the client's deadline is the subject).
};

/// A request as it came over the wire.
struct SeenRequest {
  std::string line;  ///< Method, target, version.
  std::string head;  ///< All of the head.
  std::string body;
};

/// An HTTP server on a free loopback port that plays a script and records the wire. One thread a connection;
/// thread-safe.
class ScriptedPeer {
 public:
  using Script = std::function<Play(const SeenRequest&)>;
  explicit ScriptedPeer(Script script);
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;

  [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<SeenRequest> seen() const;
  [[nodiscard]] std::size_t count() const { return seen().size(); }

 private:
  void accept_loop();
  void serve(UniqueFd client);

  Script script_;
  UniqueFd listener_, stop_read_, stop_write_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<SeenRequest> seen_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// An answer with its length and `Connection: close`.
[[nodiscard]] Play answer(int status, const std::string& body,
                          const std::string& headers = "Content-Type: application/json\r\n");
/// The same, chunked.
[[nodiscard]] Play chunked(int status, const std::string& body, const std::string& headers = "");

}  // namespace wye::testing
