#include "metro/proxy_call.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cassert>
#include <charconv>

#include "base/encoding.h"
#include "base/pass_descriptors.h"
#include "metro/answers.h"
#include "metro/head_rewrite.h"

namespace wye::metro {

namespace asio = boost::asio;
using net::Framing;
using net::HeadFault;

namespace {

constexpr int kMaxInterimHeads = 8;

}  // namespace

ProxyCall::ProxyCall(Proxy& proxy, Downstream& client, const ProxyRequest& request, net::Endpoint agent,
                     std::vector<std::size_t> withheld, SessionHold hold)
    : proxy_(proxy),
      client_(client),
      request_(request),
      agent_(std::move(agent)),
      withheld_(std::move(withheld)),
      hold_(std::move(hold)) {
  flight_.policy = request.policy;
  flight_.session_id = request.session_id;
  flight_.agent = &agent_;
  flight_.client = &client;
  flight_.end = [this] {
    if (upstream_) upstream_->close();
    if (flight_.blocked_on_client || !is_sent()) client_.stop_body();
    if (flight_.blocked_on_client) client_.abort();
  };
  proxy_.calls_.add(flight_);
}

ProxyCall::~ProxyCall() { proxy_.calls_.remove(flight_); }

bool ProxyCall::send_first() {
  first_body_ = client_.take_body();
  auto taken = proxy_.pool_.take(agent_);
  if (!taken) return false;
  upstream_ = std::move(*taken);
  return send_request();
}

bool ProxyCall::send_request() {
  auto& head = proxy_.head_scratch_;
  head.clear();
  append_request_head(head);
  parts_[0] = net::part(head);
  parts_[1] = net::part(first_body_);
  unsent_ = parts_;
  const bool failed = !net::send_now(upstream_->socket.native_handle(), unsent_);
  stale_ = failed && upstream_->reused && client_.body_complete();
  const bool whole = unsent_.empty() && client_.body_complete();
  sending_ = failed ? Sending::failed : whole ? Sending::sent_at_once : Sending::under_way;
  if (!unsent_.empty()) request_head_.swap(head);  // the unsent bytes stay where they are
  return is_sent();
}

bool ProxyCall::answer_at_once(const boost::system::error_code& error, std::size_t size) {
  auto& up = *upstream_;
  up.ended = static_cast<bool>(error);
  if (error) return false;
  up.end = size;
  answer_state_ = Answer::coming;
  const auto end = net::find_head_end(up.buffered());
  if (end.fault != HeadFault::none) return false;
  auto& head = proxy_.scratch_;
  const bool parsed = net::parse_response_head(up.buffered().substr(0, end.size), client_.method() == "HEAD",
                                               head) == HeadFault::none;
  // Passes not one byte more: bytes behind an answer would reach the client as the answer to its next
  // request.
  const auto body_size = head.framing == Framing::length ? head.content_length : 0;
  const bool whole =
      (head.framing == Framing::none || head.framing == Framing::length) && up.end == end.size + body_size;
  if (!parsed || head.status < 200 || !whole || reading_limit(head) > 0) return false;
  answer_state_ = Answer::given;
  flight_.stage = CallInFlight::Stage::answering;
  upstream_reusable_ = head.keep_alive;
  answer_.begin(Framing::none, 0);
  unflushed_ = client_.put_head(head, up.buffered().substr(end.size));
  if (unflushed_ != Sent::all) return false;
  up.consume(size);
  client_.finish();
  if (upstream_reusable_) proxy_.pool_.put(request_.session_id, agent_, std::move(upstream_));
  return true;
}

net::Task<> ProxyCall::run() {
  if (answer_state_ == Answer::given) {
    // The answer came at once, and the client did not take it at once.
    if (co_await deliver(unflushed_)) {
      upstream_->consume(upstream_->buffered().size());
      finish();
    }
  } else {
    for (int attempt = 0; upstream_ != nullptr; ++attempt) {
      co_await converse();
      if (!stale_ || attempt > 0) break;
      auto taken = proxy_.pool_.connect(agent_);
      upstream_ = taken ? std::move(*taken) : nullptr;
      if (upstream_) send_request();
    }
  }
  if (!upstream_) {
    const auto answer = proxy_.pool_.starved() ? OwnAnswer::overloaded : OwnAnswer::agent_not_ready;
    client_.answer_because(reason_of(answer));
    co_await respond(own_answer(answer));
  } else if (upstream_reusable_ && is_sent()) {
    assert(!stale_);
    proxy_.pool_.put(request_.session_id, agent_, std::move(upstream_));
  }
}

void ProxyCall::append_request_head(std::string& out) {
  char id[64];
  const auto prefix = std::string_view(proxy_.id_prefix_).substr(0, 40);
  const auto* id_end =
      std::to_chars(id + prefix.copy(id, prefix.size()), id + sizeof(id), proxy_.next_id_++).ptr;
  RequestEdits edits;
  edits.target = request_.target;
  edits.client_address = request_.client_address;
  edits.public_scheme = request_.public_scheme;
  edits.public_host = request_.public_host;
  edits.request_id = std::string_view(id, static_cast<std::size_t>(id_end - id));
  edits.keep_authorization = request_.policy.carries_authorization;
  edits.withheld = withheld_;
  edits.plain_body = request_.policy.registry_tail || request_.policy.lists_targets;
  metro::append_request_head(out, client_.method(), client_.fields(), client_.framing(),
                             client_.content_length(), client_.upgrade(), edits);
}

net::Task<> ProxyCall::converse() {
  using namespace asio::experimental::awaitable_operators;
  if (stale_) co_return;
  if (sending_ == Sending::under_way) {
    co_await (pump_body(unsent_) && receive());
  } else {
    co_await receive();
  }
}

// Sends the rest of the request while the answer may already be coming.
net::Task<> ProxyCall::pump_body(std::span<iovec> first) {
  auto sent = co_await net::send_all(upstream_->socket, first);
  while (sent && !client_.body_complete()) {
    auto piece = co_await client_.read_body();
    if (!piece) {
      body_error_ = piece.error();
      // The agent must not take what it has for the whole request; an answer that has begun may go on.
      if (flight_.ended == Ended::no && answer_state_ != Answer::given) upstream_->close();
      co_return;
    }
    if (!piece->empty()) sent = co_await net::send_all(upstream_->socket, *piece);
  }
  // An agent that stops reading may have answered all the same: receive() will see.
  sending_ = sent ? Sending::sent : Sending::failed;
  if (!sent) client_.stop_body();
}

net::Task<std::size_t> ProxyCall::fill() {
  auto& up = *upstream_;
  if (up.begin == up.end) up.begin = up.end = 0;
  if (up.ended || up.end == up.buffer.size()) co_return 0;
  const std::span<char> room(up.buffer.data() + up.end, up.buffer.size() - up.end);
  const bool may_hand_over = !client_.upgrade().empty() && answer_state_ != Answer::given;
  if (may_hand_over) co_return co_await fill_with_descriptor(room);
  const auto [error, size] =
      co_await up.socket.async_read_some(asio::buffer(room.data(), room.size()), net::kAwait);
  up.ended = static_cast<bool>(error);
  if (error) co_return 0;
  up.end += size;
  if (answer_state_ == Answer::awaited) answer_state_ = Answer::coming;
  co_return size;
}

// Fills in the same way, and takes the socket that an agent may hand over with the head of a 101.
net::Task<std::size_t> ProxyCall::fill_with_descriptor(std::span<char> room) {
  auto& up = *upstream_;
  for (;;) {
    const auto [error] = co_await up.socket.async_wait(net::Socket::wait_read, net::kAwait);
    if (error) break;
    auto got = receive_with_descriptors(up.socket.native_handle(), room, 1);
    if (got.what == Received::What::nothing_yet) continue;
    if (got.what != Received::What::bytes) break;
    if (!got.descriptors.empty()) up.handed_over = std::move(got.descriptors[0]);
    up.end += got.size;
    if (answer_state_ == Answer::awaited) answer_state_ = Answer::coming;
    co_return got.size;
  }
  up.ended = true;
  co_return 0;
}

// Reads the answer's head into the scratch view; false when there is none that can be believed.
net::Task<bool> ProxyCall::read_head() {
  auto& up = *upstream_;
  std::size_t scanned = 0;
  for (int interim = 0; interim < kMaxInterimHeads;) {
    const auto end = net::find_head_end(up.buffered(), scanned);
    if (end.fault == HeadFault::none) {
      answer_head_ = up.buffered().substr(0, end.size);
      if (net::parse_response_head(answer_head_, client_.method() == "HEAD", proxy_.scratch_) !=
          HeadFault::none)
        co_return false;
      up.begin += end.size;  // without consume(): the view looks into these bytes
      const auto status = proxy_.scratch_.status;
      if (status == 101)
        co_return !client_.upgrade().empty() && iequals(proxy_.scratch_.upgrade, client_.upgrade());
      if (status >= 200) co_return true;
      ++interim;
      scanned = 0;
      continue;
    }
    if (end.fault == HeadFault::malformed) co_return false;
    scanned = up.buffered().size();
    if (co_await fill() == 0) co_return false;
  }
  co_return false;
}

net::Task<> ProxyCall::receive() {
  if (!co_await read_head()) {
    if (may_try_again()) {
      stale_ = true;
      co_return;
    }
    co_return co_await fail();
  }
  flight_.stage = CallInFlight::Stage::answering;
  auto& head = proxy_.scratch_;
  if (head.status == 101 && upstream_->handed_over) co_return co_await relay_devtools();
  if (head.status == 101) co_return co_await relay();
  answer_.begin(head.framing, head.content_length);
  upstream_reusable_ = head.keep_alive && head.framing != Framing::until_close;
  if (const auto limit = reading_limit(head); limit > 0) co_return co_await read_and_answer(limit);

  const auto size = answer_.take(upstream_->buffered());
  if (answer_.failed()) co_return co_await fail();
  answer_state_ = Answer::given;
  const auto sent = client_.put_head(head, upstream_->buffered().substr(0, size));
  if (sent != Sent::all && !co_await deliver(sent)) co_return;
  upstream_->consume(size);
  co_await stream();
}

// Passes the rest of the body on, each piece as it comes.
net::Task<> ProxyCall::stream() {
  while (!answer_.complete()) {
    if (co_await fill() == 0) {
      if (flight_.ended == Ended::no) answer_.end_of_stream();
      if (!answer_.complete()) co_return co_await fail();
      break;
    }
    const bool full = upstream_->end == upstream_->buffer.size();
    const auto size = answer_.take(upstream_->buffered());
    if (answer_.failed()) co_return co_await fail();
    const auto sent = client_.put_body(upstream_->buffered().substr(0, size));
    if (sent != Sent::all && !co_await deliver(sent)) co_return;
    upstream_->consume(size);
    if (full && upstream_->buffered().empty()) upstream_->widen();
  }
  finish();
}

net::Task<bool> ProxyCall::deliver(Sent sent) {
  if (sent == Sent::blocked) {
    flight_.blocked_on_client = true;
    flight_.blocked_since = std::chrono::steady_clock::now();
    proxy_.calls_.wake();
    const bool flushed = co_await client_.flush();
    flight_.blocked_on_client = false;
    if (flushed) co_return true;
  }
  upstream_reusable_ = false;
  upstream_->close();
  client_.stop_body();
  client_.abort();
  co_return false;
}

void ProxyCall::finish() {
  if (!is_sent()) {
    // The answer came before the request was complete: neither connection can be used again.
    upstream_reusable_ = false;
    client_.stop_body();
    upstream_->close();
  }
  client_.finish();
}

bool ProxyCall::may_try_again() const {
  const bool repeatable = client_.method() == "GET" || client_.method() == "HEAD";
  return upstream_->reused && answer_state_ == Answer::awaited && repeatable &&
         sending_ == Sending::sent_at_once && flight_.ended == Ended::no;
}

net::Task<> ProxyCall::respond(net::Response response) {
  answer_state_ = Answer::given;
  if (!client_.body_complete()) client_.stop_body();
  co_await client_.respond(std::move(response));
}

// Answers when the agent gave no answer, or one that was cut or cannot be believed.
net::Task<> ProxyCall::fail() {
  upstream_reusable_ = false;
  upstream_->close();
  const bool cut_by_client = flight_.ended == Ended::client_gone || flight_.ended == Ended::client_stalled;
  if (answer_state_ == Answer::given || cut_by_client) {
    client_.stop_body();
    client_.abort();
    co_return;
  }
  if (body_error_ && flight_.ended == Ended::no) {
    if (body_error_->kind == ErrorKind::invalid || body_error_->kind == ErrorKind::timed_out) {
      client_.answer_because(Reason::bad_request);
      auto response = net::error_response(*body_error_);
      response.headers.add("X-Wye-Source", "gateway");
      co_await respond(std::move(response));
    } else {
      client_.abort();
    }
    co_return;
  }
  const bool may_have_run = request_.policy.may_have_run;
  auto answer = OwnAnswer::connection_lost;
  if (flight_.ended == Ended::too_slow) {
    answer = OwnAnswer::too_slow;
  } else if (!may_have_run && proxy_.directory_.find(request_.session_id).state != SessionState::live) {
    answer = OwnAnswer::session_ending;
  }
  if (proxy_.log_.enabled(LogLevel::warn)) {
    boost::json::object fields;
    fields["session_id"] = request_.session_id;
    fields["path"] = request_.target.substr(0, request_.target.find('?'));
    fields["answer"] = answer == OwnAnswer::too_slow         ? "too_slow"
                       : answer == OwnAnswer::session_ending ? "ending"
                                                             : "lost";
    proxy_.log_.warn("a call to an agent failed", std::move(fields));
  }
  client_.answer_because(reason_of(answer));
  co_await respond(own_answer(answer, may_have_run));
}

}  // namespace wye::metro
