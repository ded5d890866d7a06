#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "answers.h"
#include "loop.h"

namespace wye::load {

struct Reply {
  int status = 0;  ///< 0: the connection ended without an answer.
  std::string retry_after;
  std::string body;  ///< At most `Caller::kKeptBytes` of it.
  double ms = 0;     ///< From the request's sending to the answer's last byte.
};

/// A kept-alive connection that sends one request after another. Opens a new connection when the server has
/// closed the old one.
class Caller {
 public:
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  Caller(Loop& loop, std::uint16_t port, const WireOptions& options = {});
  /// Passes the answer to `on_reply`, which may send the next request.
  void ask(std::string request);
  std::function<void(Reply)> on_reply;
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] bool connected() const { return wire_ && wire_->is_open(); }
  void close();

 private:
  void connect();
  void finish();

  Loop& loop_;
  const std::uint16_t port_;
  const WireOptions options_;
  std::unique_ptr<Wire> wire_, ended_;  // a connection that ended in its own call is dropped later
  AnswerReader answers_;
  Reply reply_;
  bool busy_ = false;
  Clock::time_point asked_;
};

/// The answers to many requests, counted.
struct Outcome {
  std::vector<double> ms;                 ///< Of those answered 2xx.
  std::int64_t good = 0, overloaded = 0;  ///< 2xx; 429, 503 and 529 with a Retry-After of 1–60.
  std::int64_t bad = 0;                   ///< Everything else.
  std::string first_bad;                  ///< The first of those.
  void add(const Reply& reply);
};

/// Sends `times` requests on each of `connections` connections, all at once.
Outcome ask_all(Loop& loop, std::uint16_t port, const std::function<std::string(int)>& request,
                int connections, int times, Clock::time_point deadline);
/// Sends one request on a connection of its own.
Reply ask_once(Loop& loop, std::uint16_t port, std::string request,
               Clock::duration within = std::chrono::seconds(60));

/// Writes a request for the control plane.
std::string api_request(const std::string& method, const std::string& path, const std::string& api_key,
                        const std::string& body = {});

}  // namespace wye::load
