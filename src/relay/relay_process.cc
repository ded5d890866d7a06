#include "relay/relay_process.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <deque>
#include <latch>
#include <map>
#include <thread>
#include <vector>

#include "base/pass_descriptors.h"
#include "relay/devtools_socket.h"
#include "relay/link_message.h"
#include "relay/link_socket.h"
#include "relay/relayed.h"
#include "relay/sandbox.h"

namespace wye::relay {

namespace asio = boost::asio;
using What = LinkMessage::What;

namespace {

constexpr std::size_t kMost = 10'000;
constexpr std::size_t kOwnDescriptors = 64,
                      kDescriptorsEach = 4;  // a client, DevTools, a line, and one for copies
constexpr auto kFirstServerWithin = std::chrono::seconds(30);
constexpr std::size_t kRoomForLists = 64;  // messages to a server beyond one for each WebSocket

using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

std::size_t most_of(std::size_t asked) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t have = limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX : limit.rlim_cur;
  const auto fit = have > kOwnDescriptors ? (have - kOwnDescriptors) / kDescriptorsEach : 0;
  return std::min({fit, asked > 0 ? asked : kMost, kMost});
}

// A thread and the WebSockets on it. It runs once it is made: what threads need to begin is more than the
// sandbox lets through.
struct Lane {
  Lane() { runs.wait(); }
  asio::io_context io{1};
  asio::steady_timer first{io};  // makes the descriptors that waiting needs: later the sandbox refuses that
  asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
  std::latch runs{1};
  std::thread thread{[this] {
    runs.count_down();
    io.run();
  }};
  std::size_t open = 0;  // of the main thread
};

class RelayProcess {
 public:
  explicit RelayProcess(RelayProcessOptions options)
      : most_(most_of(options.most)),
        listener_fd_(options.listener.get()),
        listener_(io_.get_executor(), options.listener.release()),
        alone_(io_, [this] { end_when_alone(); }) {
    const auto threads =
        options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < threads; ++i) lanes_.push_back(std::make_unique<Lane>());
    room_.resize(kMaxLinkMessage);
  }

  int run(bool sandboxed) {
    if (sandboxed && !enter_sandbox(listener_fd_)) {
      std::perror("wye-relay: no sandbox");
      return 1;
    }
    alone_.set(kFirstServerWithin);
    asio::co_spawn(io_.get_executor(), accept(), asio::detached);
    io_.run();
    ::_exit(0);  // nothing is relayed any more, and nothing is to be kept
  }

 private:
  struct Open {
    std::string session;
    Lane* lane = nullptr;
    std::shared_ptr<Relayed> relayed;  // of its lane's thread; shared with what is posted there
    bool agent_gone = false;
  };

  net::Task<> accept() {
    for (;;) {
      const auto [error] = co_await listener_.async_wait(Descriptor::wait_read, net::kAwait);
      if (error) co_return;
      UniqueFd link(::accept4(listener_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!link || !is_own_peer(link.get())) continue;
      auto next = std::make_shared<Descriptor>(io_.get_executor(), link.release());
      if (server_) {
        read_rest();
        drop_server();
      }
      server_ = next;
      alone_.clear();
      asio::co_spawn(io_.get_executor(), serve(std::move(next)), asio::detached);
    }
  }

  net::Task<> serve(std::shared_ptr<Descriptor> link) {
    say({.what = What::hello, .number = kLinkVersion, .count = most_});
    for (const auto& [number, open] : open_)
      say({.what = What::has, .number = number, .session = open.session});
    say({.what = What::ready});
    while (server_ == link) {
      const auto [error] = co_await link->async_wait(Descriptor::wait_read, net::kAwait);
      if (error || server_ != link) break;
      const auto got = read_one(link->native_handle());
      if (got == Read::end) break;
    }
    if (server_ == link) drop_server();
  }

  enum class Read { message, nothing_yet, end };
  Read read_one(int link) {
    auto got = receive_with_descriptors(link, room_, kMostPassed);
    if (got.what == Received::What::nothing_yet) return Read::nothing_yet;
    if (got.what != Received::What::bytes || got.cut) return Read::end;
    const auto message = parse_link_message({room_.data(), got.size});
    return message && hear(*message, std::move(got.descriptors)) ? Read::message : Read::end;
  }
  // A server that was killed may have handed WebSockets on that were not taken yet.
  void read_rest() {
    for (std::size_t i = 0; i < most_ + kRoomForLists; ++i)
      if (read_one(server_->native_handle()) != Read::message) return;
  }

  void drop_server() {
    boost::system::error_code ignored;
    server_->close(ignored);
    server_.reset();
    unsent_.clear();
    for (const auto& [number, one] : open_)
      if (one.agent_gone) end_session(one);
    alone_.set(std::chrono::seconds(0));
  }
  void end_when_alone() {
    if (!server_ && open_.empty()) io_.stop();
  }

  bool hear(const LinkMessage& message, std::vector<UniqueFd> descriptors) {
    switch (message.what) {
      case What::hello:
        return message.number == kLinkVersion;
      case What::open:
        return open(message, std::move(descriptors));
      case What::end:
        for (auto& [number, one] : open_)
          if (one.session == message.session) end_session(one);
        return true;
      default:
        return false;
    }
  }

  bool open(const LinkMessage& message, std::vector<UniqueFd> descriptors) {
    if (descriptors.size() != 3 || open_.contains(message.number) || open_.size() >= most_) return false;
    if (!is_tcp(descriptors[0].get()) || !check_devtools_socket(descriptors[1].get(), message.network))
      return false;
    auto* const lane = std::min_element(lanes_.begin(), lanes_.end(), [](const auto& a, const auto& b) {
                         return a->open < b->open;
                       })->get();
    auto relayed = std::make_shared<Relayed>(lane->io, RelayParts{.client = std::move(descriptors[0]),
                                                                  .devtools = std::move(descriptors[1]),
                                                                  .line = std::move(descriptors[2]),
                                                                  .network = message.network,
                                                                  .from_client = message.from_client,
                                                                  .from_devtools = message.from_devtools});
    relayed->on_agent_gone(
        [this, number = message.number] { asio::post(io_, [this, number] { agent_gone(number); }); });
    ++lane->open;
    open_[message.number] = {message.session, lane, relayed};
    auto relay = [](RelayProcess* self, std::uint64_t number, std::shared_ptr<Relayed> one) -> net::Task<> {
      co_await one->run();
      asio::post(self->io_, [self, number] { self->over(number); });
    };
    asio::co_spawn(lane->io.get_executor(), relay(this, message.number, std::move(relayed)), asio::detached);
    return true;
  }

  static void end_session(const Open& one) {
    asio::post(one.lane->io, [relayed = one.relayed] { relayed->end_session(); });
  }
  // An agent dies when its session ends. A server tells us of that end; without a server, the agent's death
  // is the only sign.
  void agent_gone(std::uint64_t number) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    found->second.agent_gone = true;
    if (!server_) end_session(found->second);
  }

  void over(std::uint64_t number) {
    const auto found = open_.find(number);
    --found->second.lane->open;
    asio::post(found->second.lane->io, [relayed = std::move(found->second.relayed)] {});
    open_.erase(found);
    if (server_) say({.what = What::over, .number = number});
    end_when_alone();
  }

  void say(const LinkMessage& message) {
    unsent_.push_back(to_text(message));
    if (unsent_.size() == 1) send();
    // A server that does not read gets the list when it connects again.
    if (server_ && unsent_.size() > most_ + kRoomForLists) drop_server();
  }
  void send() {
    while (server_ && !unsent_.empty()) {
      if (send_with_descriptors(server_->native_handle(), unsent_.front(), {})) {
        unsent_.pop_front();
        continue;
      }
      if (errno != EAGAIN) return drop_server();
      server_->async_wait(Descriptor::wait_write,
                          [this, link = server_](const boost::system::error_code& error) {
                            if (!error && server_ == link) send();
                          });
      return;
    }
  }

  const std::size_t most_;
  const int listener_fd_;
  asio::io_context io_{1};
  Descriptor listener_;
  std::shared_ptr<Descriptor> server_;  // shared with the coroutine that reads it
  std::deque<std::string> unsent_;
  net::LazyDeadline alone_;
  std::vector<char> room_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::map<std::uint64_t, Open> open_;
};

}  // namespace

int run_relay_process(RelayProcessOptions options) {
  const bool sandboxed = options.sandboxed;
  RelayProcess process(std::move(options));
  return process.run(sandboxed);
}

}  // namespace wye::relay
