#include "metro/upstream_pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>
#include <cerrno>

#include "net/socket_address.h"

namespace wye::metro {

using std::chrono::steady_clock;

namespace {

Error no_descriptor() {
  return {ErrorKind::overloaded, "upstream_unavailable", "no descriptor is left for a connection to the VM"};
}

}  // namespace

UpstreamPool::UpstreamPool(boost::asio::io_context& io, SessionDirectory& directory,
                           const ProxyLimits& limits)
    : io_(io), directory_(directory), limits_(limits), sweep_timer_(io, [this] { sweep(); }) {}

Result<std::unique_ptr<Upstream>> UpstreamPool::connect(const net::Endpoint& agent) {
  net::DescriptorBudget::Place place;
  // Closes idle connections to other VMs before it refuses a call.
  while (limits_.descriptors != nullptr && !limits_.descriptors->take_for_vm(place))
    if (starved_ = !drop_one(); starved_) return no_descriptor();
  auto fd = net::connect(agent);
  starved_ = !fd && fd.error().kind == ErrorKind::internal;
  if (!fd) return fd.error();
  return std::make_unique<Upstream>(net::adopt_socket(io_, std::move(*fd)), std::move(place));
}

bool UpstreamPool::drop_one() {
  const auto some = std::find_if(sessions_.begin(), sessions_.end(),
                                 [](const auto& session) { return !session.second.idle.empty(); });
  if (some == sessions_.end()) return false;
  some->second.idle.erase(some->second.idle.begin());
  --idle_;
  return true;
}

namespace {

// Whether nothing came while it waited: bytes would be taken for the next request's answer, and an end is
// one.
bool is_quiet(Upstream& upstream) {
  char byte = 0;
  return ::recv(upstream.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

Result<std::unique_ptr<Upstream>> UpstreamPool::take(const net::Endpoint& agent) {
  const auto found = sessions_.find(agent.text());
  while (found != sessions_.end() && !found->second.idle.empty()) {
    auto upstream = std::move(found->second.idle.back().upstream);
    found->second.idle.pop_back();
    --idle_;
    if (!is_quiet(*upstream)) continue;
    upstream->reused = true;
    return upstream;
  }
  return connect(agent);
}

void UpstreamPool::put(std::string_view session_id, const net::Endpoint& agent,
                       std::unique_ptr<Upstream> upstream) {
  assert(upstream != nullptr);
  upstream->handed_over.reset();
  // Unasked bytes would be taken for the next request's answer.
  if (!upstream->buffered().empty() || !upstream->socket.is_open() || idle_ >= limits_.idle_upstreams) return;
  auto& session = sessions_[agent.text()];
  if (session.idle.size() >= limits_.idle_upstreams_per_session) return;
  upstream->narrow();
  session.idle.push_back({std::move(upstream), steady_clock::now()});
  ++idle_;
  if (!session.ending) forget_at_its_end(session_id, agent, session);
  if (!sweeping_) {
    sweeping_ = true;
    sweep_timer_.set(limits_.idle_upstream);
  }
}

// Closes them when the session ends. The directory calls on any of its threads, and at once for a session
// that has ended already.
void UpstreamPool::forget_at_its_end(std::string_view session_id, const net::Endpoint& agent,
                                     Session& session) {
  session.ending = directory_.on_ending(
      session_id, [this, &io = io_, alive = std::weak_ptr<char>(alive_), key = agent.text()] {
        boost::asio::post(io, [this, alive, key] {
          const auto found = alive.expired() ? sessions_.end() : sessions_.find(key);
          if (alive.expired() || found == sessions_.end()) return;
          assert(idle_ >= found->second.idle.size());
          idle_ -= found->second.idle.size();
          sessions_.erase(found);
        });
      });
}

// Closes connections that were not used for long, and forgets sessions without connections. Runs while there
// are idle connections.
void UpstreamPool::sweep() {
  const auto oldest = steady_clock::now() - limits_.idle_upstream;
  for (auto& [path, session] : sessions_) {
    auto& idle = session.idle;
    idle_ -= static_cast<std::size_t>(
        std::count_if(idle.begin(), idle.end(), [&](const Idle& one) { return one.since <= oldest; }));
    std::erase_if(idle, [&](const Idle& one) { return one.since <= oldest; });
  }
  std::erase_if(sessions_, [](const auto& session) { return session.second.idle.empty(); });
  sweeping_ = idle_ > 0;
  if (sweeping_) sweep_timer_.set(limits_.idle_upstream);
}

void UpstreamPool::clear() {
  sessions_.clear();
  idle_ = 0;
  sweep_timer_.cancel();
}

}  // namespace wye::metro
