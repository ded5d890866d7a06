#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/encoding.h"
#include "metro/proxy_call.h"

namespace wye::metro {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kRelayBytes = 64 * 1024;  // in flight for each direction; beyond it the sender waits
constexpr milliseconds kAfterEnd{5'000};        // for the second direction once the first has ended
constexpr milliseconds kAfterSession{1'000};    // for a client to answer the close frame

}  // namespace

net::Task<> ProxyCall::relay() {
  using namespace asio::experimental::awaitable_operators;
  is_websocket_ = iequals(client_.upgrade(), "websocket");
  answered_ = true;
  const auto sent = client_.put_head(proxy_.scratch_, {});
  if (sent != Sent::all && !co_await deliver(sent)) co_return;
  auto client = client_.take_over();
  flight_.relays = true;

  // From here the session's end is said in the stream, and a direction that ended does not leave the other
  // for ever.
  net::LazyDeadline last_chance(proxy_.io_, [this, &client] {
    upstream_->close();
    client->close();
  });
  flight_.end = [this, &client] {
    upstream_->close();
    client->close();
  };
  flight_.on_session_end = [this, &last_chance] {
    session_ended_ = true;
    upstream_->close();
    last_chance.set(kAfterSession);
  };
  auto down = [](ProxyCall* self, net::ByteStream* stream, net::LazyDeadline* deadline) -> net::Task<> {
    co_await self->relay_down(*stream);
    if (!self->session_ended_) deadline->set(kAfterEnd);
  };
  auto up = [](ProxyCall* self, net::ByteStream* stream, net::LazyDeadline* deadline) -> net::Task<> {
    co_await self->relay_up(*stream);
    if (!self->session_ended_) deadline->set(kAfterEnd);
  };
  co_await (down(this, client.get(), &last_chance) && up(this, client.get(), &last_chance));
  flight_.end = nullptr;
  flight_.on_session_end = nullptr;
  client->close();
  upstream_->close();
}

// Agent to client; the only direction in which the metro may have something of its own to say.
net::Task<> ProxyCall::relay_down(net::ByteStream& client) {
  auto& up = *upstream_;
  up.buffer.resize(kRelayBytes);
  while (true) {
    if (up.begin == up.end) {
      up.begin = up.end = 0;
      if (co_await fill() == 0) break;
    }
    const auto bytes = up.buffered();
    auto sent = co_await client.write(bytes);
    if (!sent) {
      up.close();
      co_return;
    }
    if (is_websocket_) frames_.feed(bytes);
    up.consume(bytes.size());
  }
  if (session_ended_ && is_websocket_ && frames_.at_boundary()) {
    const auto goodbye = net::ws_close_frame(1001, "session ended");
    co_await client.write(goodbye);
  }
  client.shutdown_write();
}

net::Task<> ProxyCall::relay_up(net::ByteStream& client) {
  std::vector<char> block(kRelayBytes);
  while (true) {
    const auto got = co_await client.read_some(block);
    if (!got || *got == 0) break;
    // After the session's end the client is only read to its end, so that no reset takes the close frame from
    // it.
    if (session_ended_) continue;
    const std::string_view bytes(block.data(), *got);
    auto sent = co_await net::send_all(upstream_->socket, bytes);
    if (!sent && !session_ended_) co_return;
  }
  boost::system::error_code ignored;
  upstream_->socket.shutdown(net::Socket::shutdown_send, ignored);
}

}  // namespace wye::metro
