#include "host/agent_holds.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "wire/agent_paths.h"

namespace wye::host {
namespace {

using std::chrono::steady_clock;

constexpr auto kTryAgain = std::chrono::seconds(1);

}  // namespace

AgentHolds::AgentHolds() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

AgentHolds::~AgentHolds() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
}

void AgentHolds::hold(const std::string& session, const net::Endpoint& agent) {
  {
    const std::lock_guard lock(mutex_);
    holds_.insert_or_assign(session, Hold{.agent = agent, .fd = {}});
  }
  wake();
}

void AgentHolds::drop(const std::string& session) {
  const std::lock_guard lock(mutex_);
  holds_.erase(session);
}

void AgentHolds::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto wrote = ::write(wake_.get(), &one, sizeof one);
}

void AgentHolds::connect(Hold& hold) {
  hold.fd.reset();
  auto made = net::connect(hold.agent);
  const auto request = std::string("GET ") + wire::kAgentHold + " HTTP/1.1\r\nHost: agent\r\n\r\n";
  const auto size = static_cast<ssize_t>(request.size());
  if (made && ::send(made->get(), request.data(), request.size(), MSG_NOSIGNAL) == size)
    hold.fd = std::move(*made);
  hold.again = steady_clock::now() + kTryAgain;
}

void AgentHolds::run() {
  // The polled sessions, by name: by then a descriptor may be closed, and its number may be another's.
  std::vector<pollfd> polled;
  std::vector<std::string> sessions;
  for (;;) {
    polled.assign(1, {wake_.get(), POLLIN, 0});
    sessions.assign(1, "");
    auto next = steady_clock::time_point::max();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      for (auto& [session, hold] : holds_) {
        if (!hold.fd && hold.again <= steady_clock::now()) connect(hold);
        if (!hold.fd) next = std::min(next, hold.again);
        polled.push_back({hold.fd.get(), POLLRDHUP, 0});  // −1 when there is none: poll skips it
        sessions.push_back(session);
      }
    }
    const bool none_broken = next == steady_clock::time_point::max();
    const auto wait = none_broken ? std::chrono::milliseconds(-1)
                                  : std::chrono::ceil<std::chrono::milliseconds>(
                                        std::max(next - steady_clock::now(), steady_clock::duration::zero()));
    ::poll(polled.data(), polled.size(), static_cast<int>(wait.count()));
    std::uint64_t times = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &times, sizeof times);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 1; i < polled.size(); ++i) {
      const auto hold = holds_.find(sessions[i]);
      if (polled[i].revents != 0 && hold != holds_.end() && hold->second.fd.get() == polled[i].fd)
        hold->second.fd.reset();
    }
  }
}

}  // namespace wye::host
