#include "vm/logs/read_output.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/socket.h"

namespace wye::vm {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kPiece = 16 * 1024;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

net::Task<> read_all(Descriptor from, const Clock& clock, ServiceLog& log) {
  std::array<char, kPiece> piece;
  for (;;) {
    const auto [error, got] = co_await from.async_read_some(asio::buffer(piece), net::kAwait);
    if (error) co_return;
    log.add({piece.data(), got}, clock.unix_micros());
  }
}

}  // namespace

void read_output(asio::io_context& io, const Clock& clock, UniqueFd pipe, ServiceLog& log) {
  asio::co_spawn(io, read_all(Descriptor(io.get_executor(), pipe.release()), clock, log), asio::detached);
}

}  // namespace wye::vm
