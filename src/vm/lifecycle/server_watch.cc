#include "vm/lifecycle/server_watch.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "net/socket.h"

namespace wye::vm {

namespace asio = boost::asio;

ServerWatch::ServerWatch(asio::io_context& io, std::optional<std::chrono::milliseconds> within,
                         std::function<void()> left_alone, std::chrono::milliseconds first_within)
    : io_(io),
      within_(within),
      left_alone_(std::move(left_alone)),
      first_within_(first_within),
      timer_(io.get_executor()) {}

void ServerWatch::start() {
  if (!within_) return;
  timer_.assign(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  set_timer(std::max(*within_, first_within_));
  asio::co_spawn(io_, wait(), asio::detached);
}

void ServerWatch::stop() {
  boost::system::error_code ignored;
  timer_.close(ignored);
}

void ServerWatch::set_timer(std::chrono::milliseconds to) {
  if (!timer_.is_open()) return;
  itimerspec when{};
  when.it_value.tv_sec = to.count() / 1000;
  when.it_value.tv_nsec = to.count() % 1000 * 1'000'000;
  ::timerfd_settime(timer_.native_handle(), 0, &when, nullptr);
}

net::Task<> ServerWatch::wait() {
  std::uint64_t times = 0;
  const auto [error, size] = co_await timer_.async_read_some(asio::buffer(&times, sizeof times), net::kAwait);
  if (!error) left_alone_();
}

net::Task<> ServerWatch::hold(net::Exchange& exchange) {
  struct Held {
    ServerWatch& watch;
    explicit Held(ServerWatch& its_watch) : watch(its_watch) {
      if (watch.servers_++ == 0) watch.set_timer({});
    }
    ~Held() {
      if (--watch.servers_ == 0 && watch.within_) watch.set_timer(*watch.within_);
    }
  } const held(*this);
  co_await exchange.client_gone();
  exchange.abort();
}

}  // namespace wye::vm
