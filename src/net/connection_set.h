#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <unordered_set>

#include "base/metrics.h"
#include "net/client_list.h"
#include "net/connection_limits.h"

namespace wye::net {

class ClientConnection;

/// What the connections of a server on one io_context share. Used on its thread, but for the counters.
struct ConnectionSet {
  ConnectionSet(boost::asio::io_context& context, const ConnectionLimits& bounds)
      : io(context), limits(bounds) {}

  /// Returns whether a connection has given way to the client with this address ("": not known yet): first
  /// one that was not made welcome, then one of an address that has more than half of all.
  bool make_room(const std::string& newcomer);
  /// Takes a place for one more connection; false when there is none.
  [[nodiscard]] bool take_place(DescriptorBudget::Place& place) const;
  /// Lets no further request begin, and closes connections without one.
  void stop();
  void close_all();

  boost::asio::io_context& io;
  const ConnectionLimits limits;
  std::unordered_set<ClientConnection*> connections;
  ClientList strangers, known;  ///< Clients that were not made welcome yet, and those that were.
  OwnCounter open;              ///< Connections.
  OwnCounter active;            ///< Requests under way.
  OwnCounter gave_way;
  bool stopping = false;
};

}  // namespace wye::net
