#include "net/tls/tls_front.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <unordered_set>

#include "net/client_list.h"
#include "net/socket_address.h"

namespace wye::net {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct TlsFront::State {
  State(asio::io_context& context, const TlsIdentity& own, Server behind, Limits bounds)
      : io(context), identity(own), server(std::move(behind)), limits(bounds) {}

  // Ends a handshake that has had its time, when a client waits for its place.
  bool hurry(milliseconds its_time) {
    hurried_before = steady_clock::now() - its_time;
    return handshakes.make_room();
  }
  bool take(DescriptorBudget::Place& place, const std::string& peer) {
    auto* const all = limits.descriptors;
    return all == nullptr || all->take_for_client(place) ||
           (hurry(kHandshakeWhileOthersWait) && all->take_for_client(place)) ||
           (server.make_room(peer) && all->take_for_client(place));
  }

  asio::io_context& io;
  const TlsIdentity& identity;
  const Server server;
  const Limits limits;
  ClientList handshakes;
  std::size_t handshaking = 0;
  steady_clock::time_point hurried_before;
  std::unordered_set<TlsConnection*> connections;  // all there are
  std::size_t guests = 0;
  bool closed = false;
};

TlsFront::TlsFront(asio::io_context& io, const TlsIdentity& identity, Server server, Limits limits)
    : state_(std::make_shared<State>(io, identity, std::move(server), limits)) {}

bool TlsFront::receive(UniqueFd client) {
  auto& state = *state_;
  if (state.closed) return true;
  const auto peer = peer_address(client.get());
  DescriptorBudget::Place place;
  const bool guest = !state.take(place, peer);
  if (guest && state.guests >= kGuests) return false;
  if (state.handshaking >= state.limits.handshakes) state.hurry(milliseconds(0));
  auto* const made =
      new TlsConnection(state.io, std::move(client), state.identity.new_connection(), std::move(place));
  std::shared_ptr<TlsConnection> connection(made, [all = state_](TlsConnection* one) {
    all->connections.erase(one);
    delete one;
  });
  state.connections.insert(made);
  asio::co_spawn(state.io.get_executor(), serve(state_, std::move(connection), peer, guest), asio::detached);
  return true;
}

Task<> TlsFront::serve(std::shared_ptr<State> state, std::shared_ptr<TlsConnection> connection,
                       std::string peer, bool guest) {
  state->guests += guest ? 1 : 0;
  ++state->handshaking;
  ClientList::Place place_in_list;
  ClientList::GiveWay give_way = [&, since = steady_clock::now()] {
    if (since > state->hurried_before) return false;
    connection->close();
    connection->give_back_place();
    place_in_list.drop();
    return true;
  };
  place_in_list = state->handshakes.add(peer, std::move(give_way));
  const bool made = co_await connection->handshake(state->limits.handshake_within);
  place_in_list.drop();
  --state->handshaking;
  state->guests -= guest ? 1 : 0;
  if (!made || state->closed) co_return connection->close();
  // The server counts its end of the pair, or says that it is full.
  DescriptorBudget::Place place;
  (void)state->take(place, peer);
  auto plain = connection->open(std::move(place));
  if (plain)
    state->server.offer(std::move(plain), peer);
  else
    connection->close();
}

void TlsFront::close() {
  state_->closed = true;
  while (state_->hurry(milliseconds(0))) {
  }
}

void TlsFront::end() {
  close();
  for (auto* const one : state_->connections) {
    one->flush();
    one->close();
  }
}

}  // namespace wye::net
