#include "net/connection_set.h"

#include "net/client_connection.h"

namespace wye::net {

bool ConnectionSet::make_room(const std::string& newcomer) {
  return strangers.make_room() || (!newcomer.empty() && known.make_room(newcomer, connections.size() / 2));
}

bool ConnectionSet::take_place(DescriptorBudget::Place& place) const {
  if (connections.size() >= limits.connections) return false;
  return limits.descriptors == nullptr || limits.descriptors->take_for_client(place);
}

void ConnectionSet::stop() {
  stopping = true;
  for (auto* connection : connections)
    if (connection->idle()) connection->close();
}

void ConnectionSet::close_all() {
  for (auto* connection : connections) connection->close();
}

}  // namespace wye::net
