#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "net/exchange.h"

namespace wye::net {

/// Where a server that has no place left receives whom it cannot serve: each is answered 503 with
/// `Retry-After`, or 200 when it asks for the server's health, and let go. Bounded in number (the one that
/// has been there longest makes room), in time and in bytes. One io_context.
class Lobby {
 public:
  static constexpr std::size_t kPlaces = 64;
  static constexpr std::size_t kHeadBytes = 4 * 1024;  ///< Of a guest's request; no more is looked at.
  static constexpr std::chrono::milliseconds kStay{1'000}, kStayWhileOthersWait{200};

  /// `fields`: whole header lines that every answer carries.
  explicit Lobby(boost::asio::io_context& io, const std::string& fields = "");
  ~Lobby() { close(); }
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

  /// `gone` is called once its descriptor is closed, whatever the reason; not after the lobby is.
  void receive(UniqueFd fd, std::function<void()> gone = {});
  /// Lets one go that has its answer, or has had the time to ask; false when there is none.
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
