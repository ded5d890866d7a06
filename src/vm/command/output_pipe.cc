#include "vm/command/output_pipe.h"

#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "net/socket.h"

namespace wye::vm {

namespace asio = boost::asio;

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
// A pipe or a terminal holds less; who writes on and on at the end is cut off here.
constexpr std::size_t kMostAtTheEnd = 1u << 20;

}  // namespace

struct OutputPipe::State {
  State(asio::io_context& io, UniqueFd fd, Sink to, Pace before)
      : pipe(io.get_executor(), fd.release()), sink(std::move(to)), pace(std::move(before)) {}

  enum class Got { bytes, nothing, end };
  Got read_now() {
    std::array<char, 64 * 1024> piece;
    const auto got = ::read(pipe.native_handle(), piece.data(), piece.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Got::nothing;
    if (got <= 0) return Got::end;  // of a terminal: EIO
    size += static_cast<std::size_t>(got);
    if (sink) sink({piece.data(), static_cast<std::size_t>(got)});
    return Got::bytes;
  }
  void close() {
    boost::system::error_code ignored;
    pipe.close(ignored);
    sink = nullptr;
    pace = nullptr;
  }

  Descriptor pipe;
  Sink sink;
  Pace pace;
  std::size_t size = 0;
};

OutputPipe::OutputPipe(asio::io_context& io, UniqueFd fd, Sink sink, Pace pace) {
  if (!fd) return;
  state_ = std::make_shared<State>(io, std::move(fd), std::move(sink), std::move(pace));
  asio::co_spawn(io, read(state_), asio::detached);
}

OutputPipe::~OutputPipe() {
  if (state_) state_->close();
}

net::Task<> OutputPipe::read(std::shared_ptr<State> state) {
  while (state->pipe.is_open()) {
    if (state->pace) {
      const auto pace = state->pace;  // it may be dropped during the wait
      co_await pace();
    }
    if (!state->pipe.is_open()) break;
    const auto [error] = co_await state->pipe.async_wait(Descriptor::wait_read, net::kAwait);
    if (error || !state->pipe.is_open()) break;
    if (state->read_now() == State::Got::end) break;
  }
}

void OutputPipe::finish() {
  if (!state_ || !state_->pipe.is_open()) return;
  const auto until = state_->size + kMostAtTheEnd;
  while (state_->size < until && state_->read_now() == State::Got::bytes) {
  }
  state_->close();
}

}  // namespace wye::vm
