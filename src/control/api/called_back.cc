#include "control/api/called_back.h"

#include <boost/asio/post.hpp>
#include <memory>

namespace wye::control {

net::Task<bool> called_back(boost::asio::io_context& io, std::function<void(std::function<void()>)> subscribe,
                            net::Wakeup::Clock::time_point until) {
  struct State {
    explicit State(boost::asio::io_context& context) : wakeup(context) {}
    net::Wakeup wakeup;
    bool called = false;
  };
  const auto state = std::make_shared<State>(io);  // shared with the callback, which may come later
  subscribe([&io, state] {
    boost::asio::post(io, [state] {
      state->called = true;
      state->wakeup.notify();
    });
  });
  while (!state->called) {
    const bool notified = co_await state->wakeup.wait(until);
    if (!notified) break;
  }
  co_return state->called;
}

}  // namespace wye::control
