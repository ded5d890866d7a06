#include "relay/relayed.h"

#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cerrno>

#include "base/pass_descriptors.h"
#include "relay/devtools_socket.h"

namespace wye::relay {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kKept = 64 * 1024;  // of a client's first bytes
constexpr int kMoves = 3;                 // more would be a client whose first words are Chromium's end
constexpr int kMostSwitches = 10'000;     // of `commands`: one for each change of a session's telemetry
constexpr int kMostHeard = 16;  // messages of an agent, but for `commands`: it never has more to say

constexpr std::uint16_t kNormal = 1000, kGoingAway = 1001, kUnexpected = 1011, kRestart = 1012;

// Reads what is there; null when that is nothing, 0 when the other side has ended. It first lets the writer
// go on, which is often about to write more or to wait: one read then takes several messages, and fewer
// tasks are switched (CPU a message with 32 in flight 6.0 to 3.1 µs). Busy programs beside it
// gain nothing from that: p99 of a round trip stays.
std::optional<std::size_t> read_now(int fd, std::span<char> room) {
  ::sched_yield();
  const auto got = ::recv(fd, room.data(), room.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace

Relayed::Relayed(asio::io_context& io, RelayParts parts, RelayPatience patience)
    : io_(io),
      patience_(patience),
      network_(parts.network),
      client_(net::adopt_socket(io, std::move(parts.client))),
      line_(net::adopt_socket(io, std::move(parts.line))),
      devtools_(std::make_shared<net::Socket>(net::adopt_socket(io, std::move(parts.devtools)))),
      from_client_first_(std::move(parts.from_client)),
      from_devtools_first_(std::move(parts.from_devtools)),
      from_client_([this](unsigned char first, std::string_view payload) { on_small_frame(first, payload); }),
      moved_(io),
      told_(io),
      last_chance_(io, [this] { drop_client(); }) {}

net::Task<> Relayed::run() {
  using namespace asio::experimental::awaitable_operators;
  auto both = [](Relayed* self) -> net::Task<> {
    co_await (self->up() && self->down());
    boost::system::error_code ignored;
    self->line_.close(ignored);  // listen() ends
  };
  co_await (listen() && both(this));  // what the agent has said already is heard before a client
  last_chance_.cancel();
  boost::system::error_code ignored;
  client_.close(ignored);
  close_devtools();
}

void Relayed::end_session() {
  if (stage_ == Stage::over || session_ended_) return;
  session_ended_ = true;
  last_chance_.set(patience_.takes_the_rest);
  wake();
}

void Relayed::stop_now() {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  cause_ = Cause::stopped;
  tell_end();
  const bool may_speak =
      !sending_down_ && !client_ended_ && from_devtools_.at_boundary() && !from_devtools_.closed();
  if (may_speak) (void)net::send_now(client_.native_handle(), goodbye());
  boost::system::error_code ignored;
  client_.shutdown(net::Socket::shutdown_send, ignored);
}

// Whatever waits for DevTools or the agent looks again.
void Relayed::wake() {
  boost::system::error_code ignored;
  if (devtools_->is_open()) devtools_->cancel(ignored);
  told_.notify();
}

void Relayed::close_devtools() {
  boost::system::error_code ignored;
  if (devtools_->is_open()) close_devtools_socket(UniqueFd(devtools_->release(ignored)));
}

// Whether the end has a cause that no other one replaces.
bool Relayed::settled() {
  if (session_ended_)
    cause_ = Cause::session;
  else if (cause_told_)
    cause_ = Cause::told;
  else if (client_ended_)
    cause_ = Cause::client;
  return session_ended_ || cause_told_ || client_ended_;
}

void Relayed::on_small_frame(unsigned char first, std::string_view payload) {
  if (asked_to_end_ || !ending_command_.is_in(first, payload)) return;
  asked_to_end_ = true;
  tell({.what = wire::LineToAgent::What::ending});
}

net::Task<> Relayed::up() {
  if (!from_client_first_.empty()) co_await pass_up(from_client_first_);
  for (;;) {
    const auto [error] = co_await client_.async_wait(net::Socket::wait_read, net::kAwait);
    if (error) break;
    const auto got = read_now(client_.native_handle(), room_up_.get());
    if (!got) continue;
    if (*got == 0) break;
    if (stage_ != Stage::over) co_await pass_up(room_up_.first(*got));
    room_up_.used(*got);
  }
  client_ended_ = true;
  told_.notify();
  if (stage_ == Stage::over) co_return;
  // What it has sent is carried out before DevTools sees it leave.
  last_chance_.set(patience_.takes_leave);
  boost::system::error_code ignored;
  devtools_->shutdown(net::Socket::shutdown_send, ignored);
}

net::Task<> Relayed::pass_up(std::string_view bytes) {
  from_client_.feed(bytes);
  copies_.flush();
  if (stage_ == Stage::keeping || stage_ == Stage::moving) {
    if (kept_.size() + bytes.size() <= kKept) {
      kept_.append(bytes);
      if (stage_ == Stage::moving) co_return;  // goes with the rest of it
    } else {
      while (stage_ == Stage::moving) co_await moved_.wait();
      if (stage_ == Stage::over) co_return;
      stop_keeping();
    }
  }
  const auto to = devtools_;
  (void)co_await net::send_all(*to, bytes);  // where it fails, down() finds out why
}

void Relayed::stop_keeping() {
  stage_ = Stage::relaying;
  kept_ = {};
}

net::Task<> Relayed::down() {
  if (!from_devtools_first_.empty()) co_await pass_down(from_devtools_first_);
  bool more = true;
  while (more && stage_ != Stage::over) {
    if (session_ended_ || cause_told_ || line_ended_) {
      more = co_await goes_on();
      continue;
    }
    const auto from = devtools_;
    const auto [error] = co_await from->async_wait(net::Socket::wait_read, net::kAwait);
    const auto got = error ? 0 : read_now(from->native_handle(), room_down_.get());
    if (!got) continue;
    if (*got == 0) {
      more = co_await goes_on();
      continue;
    }
    co_await pass_down(room_down_.first(*got));
    room_down_.used(*got);
  }
  if (stage_ != Stage::over) co_await say_goodbye();
}

net::Task<> Relayed::pass_down(std::string_view bytes) {
  if (stage_ == Stage::keeping) stop_keeping();
  from_devtools_.feed(bytes);
  if (client_ended_) co_return;
  sending_down_ = true;
  const auto sent = co_await net::send_all(client_, bytes);
  sending_down_ = false;
  if (!sent) drop_client();
}

// The client takes nothing any more, or has had its time.
void Relayed::drop_client() {
  client_ended_ = true;
  boost::system::error_code ignored;
  client_.close(ignored);  // up() ends
  wake();
}

// DevTools' side is over, for which there are several causes: waits for the one it was.
net::Task<bool> Relayed::goes_on() {
  cause_ = Cause::client;
  if (settled() || from_client_.closed() || from_devtools_.closed()) co_return false;
  const bool may_move = stage_ == Stage::keeping && !kept_.empty() && !asked_to_end_ && moves_ < kMoves;
  if (may_move) stage_ = Stage::moving;
  tell({.what = wire::LineToAgent::What::lost,
        .may_move = may_move,
        .at_boundary = from_devtools_.at_boundary()});
  co_await hear_cause();
  const bool moved = may_move && has_moved_ && !settled();
  if (moved) co_await move();
  if (stage_ == Stage::moving) stage_ = Stage::keeping;
  moved_.notify();
  co_return moved;
}

// An agent says why, unless it dies; then the session's end follows.
net::Task<> Relayed::hear_cause() {
  const auto until = steady_clock::now() + patience_.cause;
  while (!settled() && !has_moved_ && !line_ended_) {
    const bool woken = co_await told_.wait(until);
    if (!woken) break;
  }
  const auto end_until = steady_clock::now() + patience_.session_end;
  while (line_ended_ && !settled()) {
    const bool woken = co_await told_.wait(end_until);
    if (!woken) break;
  }
  if (!settled()) cause_ = Cause::lost;
}

net::Task<> Relayed::move() {
  ++moves_;
  has_moved_ = false;
  close_devtools();
  devtools_ = std::make_shared<net::Socket>(net::adopt_socket(io_, std::move(handed_out_)));
  last_chance_.clear();
  // up() may keep more meanwhile.
  for (std::size_t sent = 0; sent < kept_.size();) {
    const auto piece = kept_.substr(sent);
    const auto all = co_await net::send_all(*devtools_, piece);
    if (!all) break;  // down() finds out why
    sent += piece.size();
  }
}

// A close of ours can only be said between two frames; inside one the connection is broken instead.
net::Task<> Relayed::say_goodbye() {
  (void)settled();
  stage_ = Stage::over;
  moved_.notify();
  tell_end();
  last_chance_.set(patience_.takes_leave);
  if (client_ended_ || !from_devtools_.at_boundary()) {
    drop_client();
    co_return;
  }
  if (!from_devtools_.closed()) {
    const auto frame = goodbye();
    (void)co_await net::send_all(client_, frame);
  }
  boost::system::error_code ignored;
  client_.shutdown(net::Socket::shutdown_send, ignored);
}

std::string Relayed::goodbye() const {
  switch (cause_) {
    case Cause::client:
      return net::ws_close_frame(kNormal,
                                 {});  // the answer to its close frame, which DevTools did not give any more
    case Cause::session:
      return net::ws_close_frame(kGoingAway, "session ended");
    case Cause::stopped:
      return net::ws_close_frame(kRestart, "server stopping");
    case Cause::told:
      return net::ws_close_frame(cause_told_->code, cause_told_->reason);
    case Cause::lost:
      break;
  }
  return net::ws_close_frame(kUnexpected, "upstream_error");
}

const char* Relayed::reason() const {
  switch (cause_) {
    case Cause::client:
      return "client_close";
    case Cause::session:
    case Cause::stopped:
      return "context_cancelled";
    case Cause::told:
      if (cause_told_->code == kRestart || cause_told_->reason == "target_closed") return "upstream_changed";
      if (cause_told_->code == kGoingAway) return "context_cancelled";
      break;
    case Cause::lost:
      break;
  }
  return "upstream_error";
}

void Relayed::tell_end() {
  tell({.what = wire::LineToAgent::What::over,
        .reason = reason(),
        .messages = from_client_.messages() + from_devtools_.messages(),
        .lost = copies_.lost()});
}

void Relayed::tell(const wire::LineToAgent& message) {
  if (!net::send_now(line_.native_handle(), wire::to_line(message))) line_ended_ = true;  // an agent reads
}

net::Task<> Relayed::listen() {
  while (read_line()) {
    const auto [error] = co_await line_.async_wait(net::Socket::wait_read, net::kAwait);
    if (error) break;
  }
  line_ended_ = true;
  if (stage_ == Stage::over) co_return;
  if (agent_gone_) agent_gone_();
  wake();
}

// Reads what is there now; false when the line has ended.
bool Relayed::read_line() {
  std::array<char, wire::kMaxLine> room;
  auto got = receive_with_descriptors(line_.native_handle(), room, 1);
  if (got.what == Received::What::nothing_yet) return true;
  const bool sound =
      got.what == Received::What::bytes && hear({room.data(), got.size}, std::move(got.descriptors));
  told_.notify();
  return sound;
}

// False: nothing that the agent says can be trusted any more.
bool Relayed::hear(std::string_view bytes, std::vector<UniqueFd> descriptors) {
  if (!descriptors.empty() && !take_descriptor(std::move(descriptors[0]))) return false;
  if (!line_reader_.feed(bytes)) return false;
  while (const auto line = line_reader_.next()) {
    const auto said = wire::parse_line_to_gateway(*line);
    if (!said) return false;
    const bool switches = said->what == wire::LineToGateway::What::commands;
    if (switches ? ++switches_ > kMostSwitches : ++heard_ > kMostHeard) return false;
    switch (said->what) {
      case wire::LineToGateway::What::moved:
        if (!handed_out_ || stage_ != Stage::moving || has_moved_) return false;
        has_moved_ = true;
        break;
      case wire::LineToGateway::What::gone:
        last_chance_.set(patience_.takes_the_rest);
        break;
      case wire::LineToGateway::What::commands:
        if (!copy_commands(said->on)) return false;
        break;
      case wire::LineToGateway::What::cause:
        if (!cause_told_) cause_told_ = *said;
        last_chance_.set(patience_.takes_the_rest);
        wake();
        break;
    }
  }
  return true;
}

// The next Chromium's socket, or one for copies.
bool Relayed::take_descriptor(UniqueFd descriptor) {
  if (takes_copies(descriptor.get(), network_)) {
    takes_copies_ = std::move(descriptor);
    return true;
  }
  if (handed_out_ || !check_devtools_socket(descriptor.get(), network_)) return false;
  handed_out_ = std::move(descriptor);
  return true;
}

bool Relayed::copy_commands(bool on) {
  if (on != static_cast<bool>(takes_copies_)) return false;
  if (on) {
    copies_.start(std::move(takes_copies_));
    from_client_.show_pieces([this](const net::WsPiece& piece) { copies_.take(piece); });
  } else {
    from_client_.show_pieces(nullptr);
    copies_.stop();
  }
  return true;
}

}  // namespace wye::relay
