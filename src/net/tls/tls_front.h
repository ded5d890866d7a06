#pragma once

#include <functional>
#include <memory>

#include "net/tls/tls_connection.h"

namespace wye::net {

/// What stands before a server that is reached by TLS (docs/adr/0006-tls.md): makes the handshakes and offers
/// each client to the server as a socket that speaks in clear. One io_context.
///
/// A handshake counts among the connections of the descriptor budget from its first moment. It is bounded in
/// time, and cut shorter when its place is wanted by others, first those of the address that has the most:
/// who never finishes one keeps nobody out.
class TlsFront {
 public:
  static constexpr std::chrono::milliseconds kHandshakeWithin{10'000}, kHandshakeWhileOthersWait{1'000};
  static constexpr std::size_t kHandshakes = 512;
  /// Handshakes beyond the budget, so that the server can tell those clients that it is full.
  static constexpr std::size_t kGuests = 8;

  /// Who is behind it: takes a client, as its socket and its address.
  struct Server {
    std::function<void(UniqueFd plain, const std::string& peer)> offer;
    /// As Acceptor::Server has it.
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

  /// False: it was let go without a word, for want of descriptors.
  bool receive(UniqueFd client);
  /// Ends handshakes under way; clients that the server has go on.
  void close();
  /// Ends those too, after the server has closed its ends: what it has said is sent as far as that takes no
  /// waiting.
  void end();

 private:
  struct State;
  static Task<> serve(std::shared_ptr<State> state, std::shared_ptr<TlsConnection> connection,
                      std::string peer, bool guest);
  std::shared_ptr<State> state_;  // shared with the handshakes' coroutines, which may end a turn later
};

}  // namespace wye::net
