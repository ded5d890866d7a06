#include "net/acceptor.h"

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>

#include "net/socket_address.h"

namespace wye::net {

namespace asio = boost::asio;

namespace {

// How long to wait when descriptors have run out and none is kept aside: long enough not to spin, short
// enough not to be noticed.
constexpr std::chrono::milliseconds kPause{50};

bool out_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Acceptor::Acceptor(asio::io_context& io, Server server, const std::string& fields)
    : io_(io), state_(std::make_shared<State>(io, std::move(server), fields)) {
  refill(*state_);
}

Acceptor::~Acceptor() { close(); }

void Acceptor::refill(State& state) {
  while (state.spares.size() < kSpares) {
    UniqueFd spare(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!spare) return;
    state.spares.push_back(std::move(spare));
  }
}

void Acceptor::use_tls(const TlsIdentity& identity, TlsFront::Limits limits) {
  auto take = [weak = std::weak_ptr<State>(state_)](UniqueFd fd, const std::string& peer) {
    if (const auto alive = weak.lock()) offer(*alive, std::move(fd), peer);
  };
  TlsFront::Server server{.offer = std::move(take), .make_room = state_->server.make_room};
  state_->tls = std::make_unique<TlsFront>(io_, identity, std::move(server), limits);
}

void Acceptor::offer(State& state, UniqueFd fd, const std::string& peer) {
  if (state.server.admit(fd, peer)) return;
  state.refused.add();
  state.lobby.receive(std::move(fd));
}

// Accepts until no client waits; returns false when descriptors have run out before that.
bool Acceptor::accept_all(const std::shared_ptr<State>& state, Listener& listener) {
  refill(*state);
  while (listener.descriptor.is_open()) {
    const int fd = listener.descriptor.native_handle();
    auto accepted = accept_from(fd);
    if (!accepted && !out_of_descriptors(errno)) return true;
    if (accepted) {
      prepare_accepted(accepted.get());
      if (state->tls) {
        if (!state->tls->receive(std::move(accepted))) state->refused.add();
        continue;
      }
      const auto peer = peer_address(accepted.get());
      offer(*state, std::move(accepted), peer);
      continue;
    }
    state->starved.add();
    if (state->server.make_room({})) continue;
    if (state->spares.empty()) (void)state->lobby.hurry();  // that frees a descriptor
    if (state->spares.empty()) return false;
    state->spares.pop_back();
    accepted = accept_from(fd);
    if (!accepted) return errno == EAGAIN;
    if (state->tls) {  // to tell it anything would need more descriptors than there are
      state->refused.add();
      accepted.reset();
      refill(*state);
      continue;
    }
    // Keeps its place for the next one, which gets it as soon as it has left, before anybody else takes the
    // descriptor.
    state->lobby.receive(std::move(accepted), [weak = std::weak_ptr<State>(state)] {
      const auto alive = weak.lock();
      if (!alive) return;
      refill(*alive);
      for (const auto& one : alive->listeners) one->pause.cancel();
    });
  }
  return true;
}

Task<> Acceptor::loop(std::shared_ptr<State> state, std::shared_ptr<Listener> listener) {
  while (listener->descriptor.is_open()) {
    const auto [error] = co_await listener->descriptor.async_wait(Descriptor::wait_read, kAwait);
    if (error) co_return;
    while (!accept_all(state, *listener)) {
      listener->pause.expires_after(kPause);
      co_await listener->pause.async_wait(kAwait);  // ends early when a place is free again, or by close()
    }
  }
}

Result<void> Acceptor::listen(UniqueFd fd) {
  auto listener = std::make_shared<Listener>(io_, fd.get());
  (void)fd.release();
  boost::system::error_code error;
  listener->descriptor.non_blocking(true, error);
  if (error) return Error{ErrorKind::invalid, "listen_failed", "the descriptor cannot be listened on"};
  state_->listeners.push_back(listener);
  asio::co_spawn(io_.get_executor(), loop(state_, std::move(listener)), asio::detached);
  return {};
}

void Acceptor::close() {
  for (auto& listener : state_->listeners) {
    boost::system::error_code ignored;
    listener->descriptor.close(ignored);
    listener->pause.cancel();
  }
  state_->listeners.clear();
  if (state_->tls) state_->tls->close();
  state_->lobby.close();
}

void Acceptor::end_clients() {
  if (state_->tls) state_->tls->end();
}

}  // namespace wye::net
