#pragma once

#include <functional>
#include <memory>

#include "net/tls/tls_connection.h"

namespace wye::net {

/// Stands before a server with TLS (docs/adr/0006-tls.md): makes the handshakes and gives each client to the
/// server as a socket that carries plain text. One io_context.
///
/// A handshake counts in the descriptor budget from its first moment. It is bounded in time, and cut short
/// when others want its place, first those of the address that has the most. A client that never finishes one
/// keeps nobody out.
class TlsFront {
 public:
  static constexpr std::chrono::milliseconds kHandshakeWithin{10'000}, kHandshakeWhileOthersWait{1'000};
  static constexpr std::size_t kHandshakes = 512;
  /// Handshakes beyond the budget, so that the server can tell those clients that it is full.
  static constexpr std::size_t kGuests = 8;

  /// The server behind it, which takes a client as its socket and its address.
  struct Server {
    std::function<void(UniqueFd plain, const std::string& peer)> offer;
    /// See Acceptor::Server.
    std::function<bool(const std::string& peer)> make_room;
  };
  struct Limits {
    DescriptorBudget* descriptors = nullptr;  ///< Null: unbounded.
    std::chrono::milliseconds handshake_within = kHandshakeWithin;
    std::size_t handshakes = kHandshakes;
  };

  TlsFront(boost::asio::io_context& io, const TlsIdentity& identity, Server server, Limits limits);
  ~TlsFront() { end(); }
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  /// Returns false when the client was dropped without an answer, because descriptors had run out.
  bool receive(UniqueFd client);
  /// Ends open handshakes; the server's clients stay.
  void close();
  /// Ends the server's clients too, after the server has closed its ends: sends what the server has said as
  /// far as that needs no waiting.
  void end();

 private:
  struct State;
  static Task<> serve(std::shared_ptr<State> state, std::shared_ptr<TlsConnection> connection,
                      std::string peer, bool guest);
  std::shared_ptr<State> state_;  // shared with the handshakes' coroutines, which may end a turn later
};

}  // namespace wye::net
