#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/unique_fd.h"
#include "net/lobby.h"
#include "net/socket.h"
#include "net/tls/tls_front.h"

namespace wye::net {

/// Accepts on listening sockets until closed. A client that the server cannot take goes to the lobby. So does
/// each client, one after another, that comes when descriptors have run out and no connection gives way; a
/// few descriptors are reserved for that. Then it waits until one of them is free, or a moment, instead of
/// spinning.
class Acceptor {
 public:
  static constexpr std::size_t kSpares = 4;
  struct Server {
    /// Takes the connection of the client with this address. If it does not, the lobby answers it.
    std::function<bool(UniqueFd&, const std::string& peer)> admit;
    /// Closes a connection to give its descriptor and place to the client with this address ("": not known
    /// yet). Returns false when none gives way.
    std::function<bool(const std::string& peer)> make_room;
  };

  /// `fields` are header lines of the lobby's answers.
  Acceptor(boost::asio::io_context& io, Server server, const std::string& fields = "");
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Makes clients speak TLS from now on, which the server does not notice. `identity` must outlive the
  /// acceptor.
  void use_tls(const TlsIdentity& identity, TlsFront::Limits limits);
  Result<void> listen(UniqueFd fd);
  void close();
  /// Ends the TLS side too, after the server has closed its connections.
  void end_clients();
  /// Counts connections that were refused since there was no place, and how often descriptors had run out.
  [[nodiscard]] const OwnCounter& refused() const { return state_->refused; }
  [[nodiscard]] const OwnCounter& starved() const { return state_->starved; }

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
  struct Listener {
    Listener(boost::asio::io_context& io, int fd)
        : descriptor(io.get_executor(), fd), pause(io.get_executor()) {}
    Descriptor descriptor;
    Timer pause;
  };
  struct State {
    State(boost::asio::io_context& io, Server calls, const std::string& fields)
        : server(std::move(calls)), lobby(io, fields) {}
    const Server server;
    Lobby lobby;
    std::unique_ptr<TlsFront> tls;
    std::vector<UniqueFd> spares;
    std::vector<std::shared_ptr<Listener>> listeners;  // shared with the coroutine that accepts on each
    OwnCounter refused, starved;
  };
  static Task<> loop(std::shared_ptr<State> state, std::shared_ptr<Listener> listener);
  static void offer(State& state, UniqueFd fd, const std::string& peer);
  static bool accept_all(const std::shared_ptr<State>& state, Listener& listener);
  static void refill(State& state);

  boost::asio::io_context& io_;
  std::shared_ptr<State> state_;  // shared with the coroutines, which may end a turn later
};

}  // namespace wye::net
