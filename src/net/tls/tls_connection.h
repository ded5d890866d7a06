#pragma once

#include <optional>

#include "net/descriptor_budget.h"
#include "net/lazy_deadline.h"
#include "net/socket.h"
#include "net/tls/tls_identity.h"

namespace wye::net {

/// A client's TLS connection: makes the handshake, then relays between it and one end of a socket pair; at
/// the other end a server speaks plain HTTP as with any client.
///
/// Relays each kind of end: a `close_notify` becomes the end of the pair's stream, and the other way round,
/// so that either side can stop sending and still read. When a client vanishes without one, or a server
/// breaks an answer off (closes without ending its sending first), the other side's connection is closed
/// without it, so that a cut answer never looks complete.
///
/// One io_context. Shared with its coroutines, which end a turn after `close()`.
class TlsConnection : public std::enable_shared_from_this<TlsConnection> {
 public:
  /// The time to deliver the rest of a closed server's answer to a client that reads slowly.
  static constexpr std::chrono::milliseconds kFlushWithin{60'000};

  TlsConnection(boost::asio::io_context& io, UniqueFd client, Ssl ssl, DescriptorBudget::Place place);

  /// Returns true when the handshake is done. Answers plain HTTP with advice, and returns false.
  Task<bool> handshake(std::chrono::milliseconds within);
  /// Starts to relay. Returns the server's end of the pair, empty when no descriptors are left for it.
  [[nodiscard]] UniqueFd open(DescriptorBudget::Place place);
  void close();
  /// Sends what the server has said when it ends, as far as the client's buffers take it at once.
  void flush();
  [[nodiscard]] bool is_open() const { return client_.is_open(); }
  /// Call it after `close()`, for a caller that waits for it.
  void give_back_place() { client_place_ = DescriptorBudget::Place(); }

 private:
  enum class Next { read, write, ended, failed };  // what OpenSSL waits for, or that there is no more

  [[nodiscard]] Next next_of(int result) const;
  Task<bool> ready_for(Next next);
  Task<> answer_plain();
  Task<> up();
  Task<> down();
  Task<bool> send_to_client(std::string_view bytes);
  Task<> end_sending();
  Task<> watch_client();
  Task<> watch_server();
  void spawn(Task<> task);

  boost::asio::io_context& io_;
  // Before the sockets, so that they are given back after the sockets are closed.
  DescriptorBudget::Place client_place_, pair_place_;
  Socket client_;
  std::optional<Socket> server_;  // our end of the pair
  const Ssl ssl_;
  LazyDeadline deadline_;
  bool up_ended_ = false, down_ended_ = false, sending_ = false;
};

}  // namespace wye::net
