#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "control/api/turn_queue.h"
#include "net/exchange.h"

namespace wye::control {

/// Runs blocking calls on threads. The coroutine that asked goes on on its io_context when the call is done.
/// Queues bound how many run at once. One io_context.
class Workers {
 public:
  Workers(boost::asio::io_context& io, const Log& log, std::size_t threads)
      : io_(io), log_(log), threads_(threads) {}

  /// Returns the result of the call; `internal` when it throws.
  template <class T>
  net::Task<Result<T>> run(std::function<Result<T>()> call) {
    struct State {
      explicit State(boost::asio::io_context& context) : wakeup(context) {}
      net::Wakeup wakeup;
      std::optional<Result<T>> result;
    };
    const auto state = std::make_shared<State>(io_);  // shared with the worker
    boost::asio::post(threads_, [this, state, call = std::move(call)] {
      auto result = guarded(call);
      boost::asio::post(io_, [state, result = std::move(result)]() mutable {
        state->result.emplace(std::move(result));
        state->wakeup.notify();
      });
    });
    while (!state->result) co_await state->wakeup.wait();
    co_return std::move(*state->result);
  }

  /// Lets no further call begin, and waits for those that run.
  void stop() {
    threads_.stop();
    threads_.join();
  }

 private:
  template <class T>
  Result<T> guarded(const std::function<Result<T>()>& call) const {
    try {
      return call();
    } catch (const std::exception& thrown) {
      log_.error("handler failed", {{"reason", thrown.what()}});
      return Error{.kind = ErrorKind::internal,
                   .code = "internal_error",
                   .message = "the request failed; see the server's log"};
    }
  }

  boost::asio::io_context& io_;
  const Log& log_;
  boost::asio::thread_pool threads_;
};

}  // namespace wye::control
