#include "net/tls/tls_front.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <unordered_set>

namespace wye::net {

namespace asio = boost::asio;

struct TlsFront::Handshake {
  TlsConnection* connection;
  std::chrono::steady_clock::time_point since;
};

struct TlsFront::State {
  State(asio::io_context& context, const TlsIdentity& server, Offer call, Limits bounds)
      : io(context), identity(server), offer(std::move(call)), limits(bounds) {}

  // Ends the oldest handshake, if it has had its time, for somebody who waits for its place.
  bool hurry(std::chrono::milliseconds its_time) {
    for (const auto& one : handshakes) {
      if (!one.connection->is_open()) continue;  // its coroutine ends in the next turn
      if (std::chrono::steady_clock::now() - one.since < its_time) return false;
      one.connection->close();
      one.connection->give_back_place();
      return true;
    }
    return false;
  }
  bool take(DescriptorBudget::Place& place) {
    auto* const all = limits.descriptors;
    return all == nullptr || all->take_for_client(place) ||
           (hurry(kHandshakeWhileOthersWait) && all->take_for_client(place));
  }

  asio::io_context& io;
  const TlsIdentity& identity;
  Offer offer;
  const Limits limits;
  std::list<Handshake> handshakes;                 // who came first is first
  std::unordered_set<TlsConnection*> connections;  // all there are
  std::size_t guests = 0;
  bool closed = false;
};

TlsFront::TlsFront(asio::io_context& io, const TlsIdentity& identity, Offer offer, Limits limits)
    : state_(std::make_shared<State>(io, identity, std::move(offer), limits)) {}

bool TlsFront::receive(UniqueFd client) {
  auto& state = *state_;
  if (state.closed) return true;
  DescriptorBudget::Place place;
  const bool guest = !state.take(place);
  if (guest && state.guests >= kGuests) return false;
  if (state.handshakes.size() >= state.limits.handshakes) state.hurry(std::chrono::milliseconds(0));
  auto* const made =
      new TlsConnection(state.io, std::move(client), state.identity.new_connection(), std::move(place));
  std::shared_ptr<TlsConnection> connection(made, [all = state_](TlsConnection* one) {
    all->connections.erase(one);
    delete one;
  });
  state.connections.insert(made);
  asio::co_spawn(state.io.get_executor(), serve(state_, std::move(connection), guest), asio::detached);
  return true;
}

Task<> TlsFront::serve(std::shared_ptr<State> state, std::shared_ptr<TlsConnection> connection, bool guest) {
  state->guests += guest ? 1 : 0;
  const auto since = std::chrono::steady_clock::now();
  const auto entry = state->handshakes.insert(state->handshakes.end(), Handshake{connection.get(), since});
  const bool made = co_await connection->handshake(state->limits.handshake_within);
  state->handshakes.erase(entry);
  state->guests -= guest ? 1 : 0;
  if (!made || state->closed) co_return connection->close();
  // The pair's end of the server's own is counted by the server, or makes it say that it is full.
  DescriptorBudget::Place place;
  (void)state->take(place);
  auto plain = connection->open(std::move(place));
  if (plain)
    state->offer(std::move(plain), connection->peer());
  else
    connection->close();
}

void TlsFront::close() {
  state_->closed = true;
  for (const auto& one : state_->handshakes) one.connection->close();
}

void TlsFront::end() {
  close();
  for (auto* const one : state_->connections) {
    one->flush();
    one->close();
  }
}

}  // namespace wye::net
