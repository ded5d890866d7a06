#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "net/socket.h"

namespace wye::net {

/// Notices that a client goes away while nothing is read from its connection. Bytes of its next request that
/// come meanwhile are kept.
///
/// Asio's cancel does not reach a wait that has already ended well: its handler is queued, and runs when the
/// connection may be reading again, or is gone. So every watch has a number, handlers of an earlier one do
/// nothing, and each handler keeps the connection alive until it has run. A member of its connection; one
/// io_context.
class ClientWatch {
 public:
  /// What is watched.
  class Connection {
   public:
    virtual ~Connection() = default;
    virtual Socket& socket() = 0;
    /// Where the next bytes go. Empty: none may be taken now, and only a reset is noticed.
    virtual std::span<char> room() = 0;
    virtual void took(std::size_t bytes) = 0;
  };

  /// Calls `gone` once, when the client has closed or reset the connection, or when it was closed here. Takes
  /// the place of an earlier watch. Its number.
  std::uint64_t start(std::shared_ptr<Connection> connection, std::function<void()> gone);
  /// From now on nothing is taken and nobody is called.
  void stop();
  /// The same for that watch alone.
  void stop(std::uint64_t number) {
    if (number == number_) stop();
  }

 private:
  void wait(std::shared_ptr<Connection> connection);
  void woken(const std::shared_ptr<Connection>& connection, bool looks,
             const boost::system::error_code& error);

  std::function<void()> gone_;
  boost::asio::cancellation_signal cancel_;
  std::uint64_t number_ = 0;
};

}  // namespace wye::net
