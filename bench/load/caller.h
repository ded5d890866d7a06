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

/// A kept-alive connection that asks again and again, one request at a time. Made anew after the server has
/// closed it.
class Caller {
 public:
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  Caller(Loop& loop, std::uint16_t port, const WireOptions& options = {});
  /// The answer comes to `on_reply`, which may ask again.
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
  std::unique_ptr<Wire> wire_, ended_;  // one that ended in its own call is dropped later
  AnswerReader answers_;
  Reply reply_;
  bool busy_ = false;
  Clock::time_point asked_;
};

/// What many requests came back with.
struct Outcome {
  std::vector<double> ms;                 ///< Of those answered 2xx.
  std::int64_t good = 0, overloaded = 0;  ///< 2xx; 429, 503 and 529 with a Retry-After of 1–60.
  std::int64_t bad = 0;                   ///< Everything else.
  std::string first_bad;                  ///< What the first of them was.
  void add(const Reply& reply);
};

/// Asks on `connections` at once until each has asked `times` times.
Outcome ask_all(Loop& loop, std::uint16_t port, const std::function<std::string(int)>& request,
                int connections, int times, Clock::time_point deadline);
/// One request on a connection of its own.
Reply ask_once(Loop& loop, std::uint16_t port, std::string request,
               Clock::duration within = std::chrono::seconds(60));

/// A request's text for the control plane.
std::string api_request(const std::string& method, const std::string& path, const std::string& api_key,
                        const std::string& body = {});

}  // namespace wye::load
