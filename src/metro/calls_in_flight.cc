#include "metro/calls_in_flight.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <cassert>

#include "net/endpoint_client.h"
#include "wire/agent_paths.h"

namespace wye::metro {

namespace asio = boost::asio;
using std::chrono::steady_clock;

CallsInFlight::CallsInFlight(asio::io_context& io, SessionDirectory& directory, const ProxyLimits& limits)
    : io_(io), directory_(directory), limits_(limits), timer_(io, [this] { tick(); }) {}

void CallsInFlight::add(CallInFlight& call) {
  call.started = steady_clock::now();
  calls_.push_back(call);
  wake();
}

void CallsInFlight::remove(CallInFlight& call) {
  if (call.watches_client) call.client->unwatch();
  call.ending.reset();
  call.unlink();
}

void CallsInFlight::begin_relay(CallInFlight& call) {
  assert(call.stage != CallInFlight::Stage::relaying && !call.blocked_on_client);
  call.stage = CallInFlight::Stage::relaying;
  if (call.watches_client) call.client->unwatch();
  call.watches_client = false;
  if (!call.self) call.self = std::make_shared<CallInFlight*>(&call);
  if (!call.watches_session) watch_session(call);
}

void CallsInFlight::wake() {
  if (ticking_) return;
  ticking_ = true;
  timer_.set(limits_.tick);
}

void CallsInFlight::end(CallInFlight& call, Ended why) {
  if (call.ended != Ended::no) return;
  call.ended = why;
  if (why == Ended::session_ended && call.on_session_end)
    call.on_session_end();
  else if (call.end)
    call.end();
}

void CallsInFlight::end_all() {
  for (auto& call : calls_) {
    if (call.on_stop && call.ended == Ended::no) call.on_stop();
    end(call, Ended::client_gone);
  }
  timer_.cancel();
}

void CallsInFlight::tick() {
  ticking_ = false;
  bool again = false;
  const auto now = steady_clock::now();
  // Ending a call closes what it waits for; the call leaves the list in a later turn.
  for (auto& call : calls_) again = look_at(call, now) || again;
  const auto forgotten = now - 2 * limits_.heartbeat_missed;
  std::erase_if(hearts_,
                [&](const auto& heart) { return !heart.second.asked && heart.second.last_beat < forgotten; });
  if (again) wake();
}

// Returns whether a timeout still applies to the call.
bool CallsInFlight::look_at(CallInFlight& call, steady_clock::time_point now) {
  if (call.ended != Ended::no || !call.end) return false;
  if (!call.self) call.self = std::make_shared<CallInFlight*>(&call);
  // The call lasts longer than a tick: from here on it notices at once when its client leaves or its session
  // ends.
  if (!call.watches_session) watch_session(call);
  if (call.ended != Ended::no) return false;
  const bool relays = call.stage == CallInFlight::Stage::relaying;
  const bool waits = call.stage == CallInFlight::Stage::waiting_for_head;
  if (!call.watches_client && !relays && call.client->body_complete()) {
    call.watches_client = true;
    call.client->watch([this, weak = std::weak_ptr<CallInFlight*>(call.self)] {
      if (const auto alive = weak.lock()) end(**alive, Ended::client_gone);
    });
  }
  if (waits) {
    const auto patience = call.policy.patience;
    const auto limit = patience == Patience::brief ? limits_.brief_head : limits_.head;
    if (patience == Patience::heartbeat)
      look_at_heart(call, now);
    else if (now - call.started >= limit)
      end(call, Ended::too_slow);
  }
  if (call.blocked_on_client && now - call.blocked_since >= limits_.stalled_client)
    end(call, Ended::client_stalled);
  return call.ended == Ended::no && (waits || call.blocked_on_client || (!call.watches_client && !relays));
}

void CallsInFlight::look_at_heart(CallInFlight& call, steady_clock::time_point now) {
  auto& heart = hearts_[call.agent->text()];
  const auto heard = std::max(heart.last_beat, call.started);
  if (now - heard >= limits_.heartbeat_missed) return end(call, Ended::too_slow);
  if (now - heard >= limits_.heartbeat_every && !heart.asked) {
    heart.asked = true;
    ask_heart(*call.agent);
  }
}

void CallsInFlight::watch_session(CallInFlight& call) {
  call.watches_session = true;
  auto& io = io_;
  call.ending = directory_.on_ending(call.session_id, [this, &io, alive = std::weak_ptr<char>(alive_),
                                                       weak = std::weak_ptr<CallInFlight*>(call.self)] {
    asio::post(io, [this, alive, weak] {
      const auto one = weak.lock();
      if (one && !alive.expired()) end(**one, Ended::session_ended);
    });
  });
}

// Takes any answer for a sign of life. It does not ask `/healthz`, which would wait for Chromium.
void CallsInFlight::ask_heart(const net::Endpoint& agent) {
  auto ask = [](CallsInFlight* self, std::weak_ptr<char> alive, net::Endpoint to,
                std::chrono::milliseconds limit) -> net::Task<> {
    net::EndpointRequest request;
    request.target = wire::kAgentHeartbeat;
    request.deadline = limit;
    const auto answer = co_await net::endpoint_request(to, std::move(request));
    if (alive.expired()) co_return;
    const auto heart = self->hearts_.find(to.text());
    if (heart == self->hearts_.end()) co_return;
    heart->second.asked = false;
    if (answer) heart->second.last_beat = steady_clock::now();
  };
  asio::co_spawn(io_.get_executor(), ask(this, alive_, agent, limits_.heartbeat_missed), asio::detached);
}

}  // namespace wye::metro
