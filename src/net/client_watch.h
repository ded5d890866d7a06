#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "net/socket.h"

namespace wye::net {

/// Notices that a client goes away while its connection is not read. Keeps the bytes of its next request that
/// arrive meanwhile.
///
/// Asio's cancel does not stop a wait that has already succeeded: its handler is queued, and may run when the
/// connection is reading again, or is gone. So every watch has a number, handlers of earlier watches do
/// nothing, and each handler keeps the connection alive until it has run. A member of its connection; one
/// io_context.
class ClientWatch {
 public:
  /// What is watched.
  class Connection {
   public:
    virtual ~Connection() = default;
    virtual Socket& socket() = 0;
    /// Returns where the next bytes go. When it is empty, no bytes are taken and only a reset is noticed.
    virtual std::span<char> room() = 0;
    virtual void took(std::size_t bytes) = 0;
  };

  /// Calls `gone` once, when the client has closed or reset the connection, or when it was closed here.
  /// Replaces an earlier watch. Returns its number.
  std::uint64_t start(std::shared_ptr<Connection> connection, std::function<void()> gone);
  /// Stops the watch: takes no more bytes and calls nobody.
  void stop();
  /// Stops only the watch of this number.
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
