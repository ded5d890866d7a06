#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/encoding.h"
#include "metro/proxy_call.h"

namespace wye::metro {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kRelayBytes = 64 * 1024;  // in flight in each direction; beyond it the sender waits
constexpr milliseconds kAfterEnd{5'000};        // for the second direction once the first has ended
constexpr milliseconds kAfterSession{1'000};    // for a client to answer the close frame
// An agent says why it ends a WebSocket, unless it dies; then the session's end follows.
constexpr std::chrono::seconds kCauseWithin{2};
constexpr std::uint16_t kGoingAway = 1001, kUnexpected = 1011;
constexpr std::string_view kSessionEnded = "session ended", kStopping = "server stopping",
                           kLost = "upstream_error";

}  // namespace

net::Task<> ProxyCall::relay() {
  using namespace asio::experimental::awaitable_operators;
  is_websocket_ = iequals(client_.upgrade(), "websocket");
  answer_state_ = Answer::given;
  const auto sent = client_.put_head(proxy_.scratch_, {});
  if (sent != Sent::all && !co_await deliver(sent)) co_return;
  auto client = client_.take_over();
  cause_.emplace(proxy_.io_);

  // Bounds how long the other direction lasts once one has ended.
  net::LazyDeadline last_chance(proxy_.io_, [this, &client] {
    upstream_->close();
    client->close();
  });
  flight_.end = [this, &client] {
    upstream_->close();
    client->close();
  };
  flight_.on_stop = [this, &client] { on_stop(*client); };
  flight_.on_session_end = [this, &last_chance] {
    on_session_end();
    last_chance.set(kAfterSession);
  };
  proxy_.calls_.begin_relay(flight_);
  auto down = [](ProxyCall* self, net::ByteStream* stream, net::LazyDeadline* deadline) -> net::Task<> {
    co_await self->relay_down(*stream);
    if (!self->session_ended_) deadline->set(kAfterEnd);
    if (self->session_ended_) co_await self->drop_the_rest();
  };
  auto up = [](ProxyCall* self, net::ByteStream* stream, net::LazyDeadline* deadline) -> net::Task<> {
    co_await self->relay_up(*stream);
    if (!self->session_ended_) deadline->set(kAfterEnd);
  };
  co_await (down(this, client.get(), &last_chance) && up(this, client.get(), &last_chance));
  flight_.end = flight_.on_session_end = flight_.on_stop = nullptr;
  client->close();
  upstream_->close();
}

// Tells both sides at once. The agent's connection stays until the agent ends it: otherwise the agent would
// think that the client has left.
void ProxyCall::on_session_end() {
  session_ended_ = true;
  if (is_websocket_ && !sending_up_ && frames_up_.at_boundary() && !frames_up_.closed())
    (void)net::send_now(upstream_->socket.native_handle(),
                        net::ws_client_close_frame(kGoingAway, kSessionEnded));
  boost::system::error_code ignored;
  upstream_->socket.cancel(ignored);  // relay_down() wakes
  cause_->notify();
}

// Waits for nothing any more: only what the kernel takes now is sent.
void ProxyCall::on_stop(net::ByteStream& client) {
  if (is_websocket_ && !sending_up_ && frames_up_.at_boundary() && !frames_up_.closed())
    (void)net::send_now(upstream_->socket.native_handle(), net::ws_client_close_frame(kGoingAway, kStopping));
  if (!sending_down_ && may_speak()) (void)client.write_now(net::ws_close_frame(kGoingAway, kStopping));
  client.shutdown_write();
}

// Whether we may send a close frame: between two frames, and no other before it.
bool ProxyCall::may_speak() const {
  return is_websocket_ && frames_.at_boundary() && !frames_.closed() && !client_left_;
}

// Relays from agent to client, the only direction in which the metro itself may speak.
net::Task<> ProxyCall::relay_down(net::ByteStream& client) {
  auto& up = *upstream_;
  up.buffer.resize(kRelayBytes);
  while (!session_ended_) {
    if (up.begin == up.end) {
      up.begin = up.end = 0;
      if (co_await fill() == 0) break;
    }
    const auto bytes = up.buffered();
    sending_down_ = true;
    auto sent = co_await client.write(bytes);
    sending_down_ = false;
    if (!sent) {
      up.close();
      co_return;
    }
    if (is_websocket_) frames_.feed(bytes);
    up.consume(bytes.size());
  }
  if (may_speak()) co_await say_goodbye(client);
  client.shutdown_write();
}

net::Task<> ProxyCall::say_goodbye(net::ByteStream& client) {
  const auto until = std::chrono::steady_clock::now() + kCauseWithin;
  if (!session_ended_) co_await cause_->wait(until);
  if (client_left_) co_return;
  const auto frame = session_ended_ ? net::ws_close_frame(kGoingAway, kSessionEnded)
                                    : net::ws_close_frame(kUnexpected, kLost);
  co_await client.write(frame);
}

net::Task<> ProxyCall::drop_the_rest() {
  auto& up = *upstream_;
  for (;;) {
    const auto [error, size] =
        co_await up.socket.async_read_some(asio::buffer(up.buffer.data(), up.buffer.size()), net::kAwait);
    if (error) co_return;
  }
}

net::Task<> ProxyCall::relay_up(net::ByteStream& client) {
  std::vector<char> block(kRelayBytes);
  bool taken = true;
  while (true) {
    const auto got = co_await client.read_some(block);
    if (!got || *got == 0) break;
    // Then the client is only read to its end, so that no reset takes the close frame from it.
    if (session_ended_ || !taken) continue;
    const std::string_view bytes(block.data(), *got);
    sending_up_ = true;
    const auto sent = co_await net::send_all(upstream_->socket, bytes);
    sending_up_ = false;
    taken = sent.has_value();
    if (is_websocket_) frames_up_.feed(bytes);
  }
  client_left_ = true;
  cause_->notify();
  if (session_ended_) co_return;
  boost::system::error_code ignored;
  upstream_->socket.shutdown(net::Socket::shutdown_send, ignored);
}

}  // namespace wye::metro
