#include "vm/cdp/cdp_connection.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>
#include <cassert>
#include <vector>

namespace wye::vm {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kBuffer =
    256 * 1024;                           // for each direction; the rest waits in the kernel (back-pressure)
constexpr std::size_t kKept = 64 * 1024;  // for a client's first bytes
constexpr int kGoingAway = 1001;
constexpr int kMoves = 3;  // a client that needs more ends each Chromium with its first words
constexpr auto kMovedWithin = std::chrono::seconds(15);
constexpr std::chrono::milliseconds kTakesTheRestWithin{5'000}, kTakesLeaveWithin{1'000};

// Recognizes the gateway's close frame: the gateway then leaves for its own reasons, while its client is
// still there.
bool is_the_gateways_goodbye(unsigned char first, std::string_view payload) {
  constexpr unsigned char kClose = 0x88;
  return first == kClose && (payload ==
                                 "\x03\xe9"
                                 "session ended" ||
                             payload ==
                                 "\x03\xe9"
                                 "server stopping");
}

}  // namespace

CdpConnection::CdpConnection(asio::io_context& io, Browser& browser, CdpDialRequest request,
                             CdpUpstream upstream, std::unique_ptr<net::ByteStream> client)
    : io_(io),
      browser_(browser),
      request_(std::move(request)),
      upstream_(std::move(upstream)),
      client_(std::move(client)),
      from_client_([this](unsigned char first, std::string_view payload) { on_small_frame(first, payload); }),
      moved_(io),
      last_chance_(io, [this] {
        hang_up();
        client_->close();
      }) {}

const char* CdpConnection::reason() const {
  switch (cause_) {
    case Cause::client:
      return "client_close";
    case Cause::session:
      return "context_cancelled";
    case Cause::chromium_ended:
    case Cause::target_closed:
      return "upstream_changed";
    case Cause::hung_up:
    case Cause::unreachable:
      break;
  }
  return "upstream_error";
}

CdpConnection::Goodbye CdpConnection::goodbye() const {
  switch (cause_) {
    case Cause::client:
      return {1000, {}};  // the answer to its close frame, which DevTools no longer gave
    case Cause::session:
      return {static_cast<std::uint16_t>(told_code_), told_reason_};
    case Cause::chromium_ended:
      return {1012, "upstream_changed"};
    case Cause::target_closed:
      return {1001, "target_closed"};
    case Cause::unreachable:
      return {1011, "failed to connect to upstream"};
    case Cause::hung_up:
      break;
  }
  return {1011, "upstream_error"};
}

void CdpConnection::hang_up() {
  boost::system::error_code ignored;
  upstream_.socket->close(ignored);
}

void CdpConnection::end(int code, std::string reason) {
  if (stage_ == Stage::over) return;
  told_code_ = code;
  told_reason_ = std::move(reason);
  last_chance_.set(kTakesTheRestWithin);
  hang_up();  // wakes down()
}

void CdpConnection::on_end_of(std::uint64_t generation) {
  if (stage_ != Stage::over && upstream_.generation == generation) last_chance_.set(kTakesTheRestWithin);
}

void CdpConnection::on_small_frame(unsigned char first, std::string_view payload) {
  if (is_the_gateways_goodbye(first, payload)) {
    told_code_ = kGoingAway;
    told_reason_ = payload.substr(2);
  }
  if (!ending_command_.is_in(first, payload)) return;
  asked_to_end_ = true;
  browser_.expect_end(upstream_.generation);
}

void CdpConnection::stop_keeping() {
  assert(stage_ == Stage::keeping);
  stage_ = Stage::relaying;
  kept_ = {};
}

net::Task<bool> CdpConnection::open() {
  const auto& answer = upstream_.answer;
  const auto rest = std::string_view(answer).substr(answer.find("\r\n\r\n") + 4);
  if (!rest.empty()) stop_keeping();
  from_browser_.feed(rest);
  const auto sent = co_await client_->write(answer);
  co_return sent.has_value();
}

net::Task<> CdpConnection::run(std::function<void()> over) {
  using namespace asio::experimental::awaitable_operators;
  co_await (up() && down(over));
  last_chance_.cancel();
  hang_up();
  client_->close();
}

net::Task<> CdpConnection::up() {
  std::vector<char> buffer(kBuffer);
  for (;;) {
    const auto got = co_await client_->read_some(buffer);
    if (!got || *got == 0) break;
    if (stage_ == Stage::over) continue;
    const std::string_view bytes(buffer.data(), *got);
    from_client_.feed(bytes);
    const bool keeps = stage_ == Stage::keeping || stage_ == Stage::moving;
    if (keeps && kept_.size() + bytes.size() <= kKept) {
      kept_.append(bytes);
      if (stage_ == Stage::moving) continue;  // is sent with the rest of it
    } else {
      while (stage_ == Stage::moving) co_await moved_.wait();
      if (stage_ == Stage::over) continue;
      if (stage_ == Stage::keeping) stop_keeping();
    }
    const auto to = upstream_.socket;
    // When the write fails, down() finds out why.
    co_await asio::async_write(*to, asio::buffer(bytes.data(), bytes.size()), net::kAwait);
  }
  client_ended_ = true;
  hang_up();
}

net::Task<> CdpConnection::down(const std::function<void()>& over) {
  std::vector<char> buffer(kBuffer);
  for (;;) {
    const auto from = upstream_.socket;
    const auto [error, got] = co_await from->async_read_some(asio::buffer(buffer), net::kAwait);
    if (error || got == 0) {
      const bool more = co_await goes_on();
      if (more) continue;
      break;
    }
    if (stage_ == Stage::keeping) stop_keeping();
    const std::string_view bytes(buffer.data(), got);
    const auto sent = co_await client_->write(bytes);
    from_browser_.feed(bytes);
    if (sent) continue;
    client_ended_ = true;
    (void)settled();
    break;
  }
  co_await say_goodbye(over);
}

// Tells whether the client or the session has ended the connection, which is the cause whatever else happens.
// A gateway that stops says so and is gone before it has taken the answer; the cause is still the session's
// end.
bool CdpConnection::settled() {
  if (client_ended_) cause_ = Cause::client;
  if (told_code_ != 0) cause_ = Cause::session;
  return client_ended_ || told_code_ != 0;
}

// DevTools' side is over, for which there are several causes: waits until it is known which one it was.
net::Task<bool> CdpConnection::goes_on() {
  cause_ = Cause::client;
  if (settled() || from_client_.closed() || from_browser_.closed()) co_return false;
  const bool ended = co_await browser_.has_ended(upstream_.generation);
  if (settled()) co_return false;
  const bool target = names_a_target(request_.path) && from_browser_.at_boundary();
  cause_ = ended ? Cause::chromium_ended : target ? Cause::target_closed : Cause::hung_up;
  if (!ended || stage_ != Stage::keeping || kept_.empty() || asked_to_end_ || moves_ == kMoves)
    co_return false;
  const bool there = co_await move();
  co_return there && !settled();
}

net::Task<bool> CdpConnection::move() {
  assert(stage_ == Stage::keeping);
  ++moves_;
  stage_ = Stage::moving;
  const auto until = std::chrono::steady_clock::now() + kMovedWithin;
  auto next = co_await dial_devtools(io_, browser_, request_, until);
  const bool same = next && next->answer == upstream_.answer;  // the client has this answer already
  if (!next && next.error().kind == ErrorKind::disconnected) cause_ = Cause::unreachable;
  if (same) {
    upstream_ = std::move(*next);
    last_chance_.clear();
    for (std::size_t sent = 0; sent < kept_.size();) {
      const auto piece = kept_.substr(sent);
      const auto [error, size] =
          co_await asio::async_write(*upstream_.socket, asio::buffer(piece), net::kAwait);
      if (error) break;  // down() finds out why
      sent += size;
    }
  }
  stage_ = Stage::keeping;
  moved_.notify();
  co_return same;
}

// A close frame of ours can only be sent between two frames; inside one, the connection is broken instead.
net::Task<> CdpConnection::say_goodbye(const std::function<void()>& over) {
  assert(stage_ != Stage::moving);
  stage_ = Stage::over;
  over();
  last_chance_.set(kTakesLeaveWithin);
  if (client_ended_ || !from_browser_.at_boundary()) {
    client_->close();
    co_return;
  }
  const auto [code, reason] = goodbye();
  if (!from_browser_.closed()) {
    const auto frame = net::ws_close_frame(code, reason);
    co_await client_->write(frame);
  }
  client_->shutdown_write();
}

}  // namespace wye::vm
