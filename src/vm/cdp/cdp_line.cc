#include "vm/cdp/cdp_line.h"

#include <array>

#include "base/pass_descriptors.h"

namespace wye::vm {

namespace {

constexpr auto kMovedWithin = std::chrono::seconds(15);
constexpr std::uint16_t kGoingAway = 1001, kUnexpected = 1011, kRestart = 1012;

}  // namespace

CdpLine::CdpLine(Browser& browser, boost::asio::io_context& io, CdpDialRequest request, CdpUpstream upstream,
                 std::unique_ptr<net::ByteStream> gateway, CommandEvents& commands, std::string id)
    : browser_(browser),
      io_(io),
      request_(std::move(request)),
      upstream_(std::move(upstream)),
      gateway_(std::move(gateway)),
      commands_(commands),
      id_(std::move(id)),
      tap_(io, commands, id_) {}

bool CdpLine::open() {
  const auto devtools = take_out(*upstream_.socket);
  upstream_.socket.reset();
  const int socket = devtools.get();
  const bool taken =
      send_with_descriptors(gateway_->native_handle(), upstream_.answer, std::span(&socket, 1));
  if (taken) update_commands();
  return taken;
}

void CdpLine::update_commands() {
  if (over_ || commands_.is_on() == tap_.is_open()) return;
  if (!commands_.is_on()) {
    tell({.what = wire::LineToGateway::What::commands});
    return tap_.close();
  }
  const auto relays_end = tap_.open();
  const int socket = relays_end.get();
  const auto line =
      wire::to_line(wire::LineToGateway{.what = wire::LineToGateway::What::commands, .on = true});
  const bool told =
      relays_end && send_with_descriptors(gateway_->native_handle(), line, std::span(&socket, 1));
  if (relays_end && !told) gateway_->close();  // a gateway reads
}

net::Task<> CdpLine::run() {
  std::array<char, wire::kMaxLine> room;
  while (!over_) {
    const auto got = co_await gateway_->read_some(room);
    if (!got || *got == 0 || !reader_.feed({room.data(), *got})) break;
    while (!over_) {
      const auto line = reader_.next();
      if (!line) break;
      auto said = wire::parse_line_to_agent(*line);
      if (said) co_await answer(std::move(*said));
    }
  }
  over_ = true;
  gateway_->close();
  tap_.finish(lost_copies_);
}

net::Task<> CdpLine::answer(wire::LineToAgent said) {
  switch (said.what) {
    case wire::LineToAgent::What::ending:
      browser_.expect_end(upstream_.generation);
      break;
    case wire::LineToAgent::What::lost:
      co_await say_cause(said.may_move, said.at_boundary);
      break;
    case wire::LineToAgent::What::over:
      reason_ = std::move(said.reason);
      messages_ = said.messages;
      lost_copies_ = said.lost;
      over_ = true;
      break;
  }
}

// DevTools has ended the connection, for which there are several causes: waits for the one it was.
net::Task<> CdpLine::say_cause(bool may_move, bool at_boundary) {
  const bool ended = co_await browser_.has_ended(upstream_.generation);
  if (ends_) co_return;
  if (ended && may_move) {
    const bool moved = co_await move();
    if (moved || ends_) co_return;
  }
  if (ended) co_return tell_cause(kRestart, "upstream_changed");
  if (names_a_target(request_.path) && at_boundary) co_return tell_cause(kGoingAway, "target_closed");
  tell_cause(kUnexpected, "upstream_error");
}

// Whether the gateway knows how it goes on.
net::Task<bool> CdpLine::move() {
  const auto until = std::chrono::steady_clock::now() + kMovedWithin;
  auto next = co_await dial_devtools(io_, browser_, request_, until);
  if (ends_) co_return false;
  if (!next && next.error().kind == ErrorKind::disconnected) {
    tell_cause(kUnexpected, "failed to connect to upstream");
    co_return true;
  }
  const bool same = next && next->answer == upstream_.answer;  // the client has that one
  if (!same) co_return false;
  upstream_.generation = next->generation;
  const auto devtools = take_out(*next->socket);
  const int socket = devtools.get();
  const auto line = wire::to_line(wire::LineToGateway{.what = wire::LineToGateway::What::moved});
  (void)send_with_descriptors(gateway_->native_handle(), line, std::span(&socket, 1));
  co_return true;
}

void CdpLine::end(int code, std::string reason) {
  if (over_ || ends_) return;
  ends_ = true;
  tell_cause(static_cast<std::uint16_t>(code), std::move(reason));
}

void CdpLine::on_end_of(std::uint64_t generation) {
  if (!over_ && upstream_.generation == generation) tell({.what = wire::LineToGateway::What::gone});
}

void CdpLine::tell_cause(std::uint16_t code, std::string reason) {
  tell({.what = wire::LineToGateway::What::cause, .code = code, .reason = std::move(reason)});
}

// A gateway reads; one that does not has broken the line.
void CdpLine::tell(const wire::LineToGateway& message) {
  if (!gateway_->write_now(wire::to_line(message))) gateway_->close();
}

}  // namespace wye::vm
