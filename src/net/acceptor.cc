#include "net/acceptor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "net/socket_address.h"

namespace wye::net {

namespace asio = boost::asio;

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

// After running out of descriptors: long enough not to spin, short enough not to be noticed.
constexpr std::chrono::milliseconds kPause{50};
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nContent-Length: "
    "71\r\n"
    "Connection: close\r\n\r\n{\"code\":\"capacity_exhausted\",\"message\":\"too many connections are "
    "open\"}";

}  // namespace

struct Acceptor::Listener {
  Listener(asio::io_context& io, int fd, Admit call)
      : descriptor(io.get_executor(), fd), pause(io.get_executor()), admit(std::move(call)) {}
  Descriptor descriptor;
  Timer pause;
  Admit admit;
};

Task<> Acceptor::loop(std::shared_ptr<Listener> listener) {
  while (listener->descriptor.is_open()) {
    const auto [error] = co_await listener->descriptor.async_wait(Descriptor::wait_read, kAwait);
    if (error) co_return;
    bool starved = false;
    while (listener->descriptor.is_open()) {
      auto fd = accept_from(listener->descriptor.native_handle());
      if (!fd) {
        starved = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        break;
      }
      prepare_tcp(fd.get());
      listener->admit(std::move(fd));
    }
    if (!starved) continue;
    listener->pause.expires_after(kPause);
    const auto [stopped] = co_await listener->pause.async_wait(kAwait);
    if (stopped) co_return;
  }
}

Result<void> Acceptor::listen(UniqueFd fd) {
  auto listener = std::make_shared<Listener>(io_, fd.get(), admit_);
  (void)fd.release();
  boost::system::error_code error;
  listener->descriptor.non_blocking(true, error);
  if (error) return Error{ErrorKind::invalid, "listen_failed", "the descriptor cannot be listened on"};
  listeners_.push_back(listener);
  asio::co_spawn(io_.get_executor(), loop(std::move(listener)), asio::detached);
  return {};
}

void Acceptor::close() {
  for (auto& listener : listeners_) {
    boost::system::error_code ignored;
    listener->descriptor.close(ignored);
    listener->pause.cancel();
  }
  listeners_.clear();
}

void refuse_connection(UniqueFd fd) {
  iovec one = part(kFull);
  std::span<iovec> parts(&one, 1);
  (void)send_now(fd.get(), parts);
}

}  // namespace wye::net
