#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "net/exchange.h"

namespace wye::net {

/// Answers the clients that a full server cannot serve: 503 with `Retry-After`, or 200 when a client asks for
/// the server's health; then closes. Bounded in number (the oldest guest makes room), in time and in bytes.
/// One io_context.
class Lobby {
 public:
  static constexpr std::size_t kPlaces = 64;
  static constexpr std::size_t kHeadBytes = 4 * 1024;  ///< The most that is read of a guest's request.
  static constexpr std::chrono::milliseconds kStay{1'000}, kStayWhileOthersWait{200};

  /// `fields`: whole header lines that every answer carries.
  explicit Lobby(boost::asio::io_context& io, const std::string& fields = "");
  ~Lobby() { close(); }
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

  /// Takes a guest. Calls `gone` once its descriptor is closed, for any reason, but not after the lobby is
  /// gone.
  void receive(UniqueFd fd, std::function<void()> gone = {});
  /// Dismisses a guest that has its answer, or has had time to ask; false when there is none.
  bool hurry();
  [[nodiscard]] std::size_t guests() const;
  void close();

 private:
  struct State;
  struct Guest;
  static Task<> serve(std::shared_ptr<Guest> guest);
  std::shared_ptr<State> state_;  // shared with the guests' coroutines, which may end a turn later
};

}  // namespace wye::net
