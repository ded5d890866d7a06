#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "base/unique_fd.h"
#include "net/exchange.h"

namespace wye::vm {

/// Reads what a command writes, as soon as it writes it, so that no full pipe stops the command. One
/// io_context.
class OutputPipe {
 public:
  /// Takes the bytes; called from the io_context, never after `finish()` or the destructor.
  using Sink = std::function<void(std::string_view bytes)>;
  /// Awaited before each read: may hold the command up, for a bounded time.
  using Pace = std::function<net::Task<>()>;

  /// `fd` does not block; nothing is read from one that is not open.
  OutputPipe(boost::asio::io_context& io, UniqueFd fd, Sink sink, Pace pace = {});
  ~OutputPipe();
  OutputPipe(OutputPipe&&) noexcept = default;
  OutputPipe& operator=(OutputPipe&&) = delete;

  /// Takes what is still in the pipe once its command has ended, and closes it. Whoever still holds the other
  /// end is not waited for.
  void finish();

 private:
  struct State;
  static net::Task<> read(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // shared with the reading coroutine
};

}  // namespace wye::vm
