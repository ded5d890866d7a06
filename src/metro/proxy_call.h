#pragma once

#include <optional>

#include "metro/proxy.h"
#include "net/body_progress.h"
#include "net/wakeup.h"
#include "net/ws_frames.h"

namespace wye::relay {
struct RelayParts;
}

namespace wye::metro {

/// One call to an agent, from taking a connection to the last byte of the answer. It lives in the frame of
/// `Proxy::forward`.
class ProxyCall {
 public:
  /// `withheld` names the places of the request's fields that the agent does not get.
  ProxyCall(Proxy& proxy, Downstream& client, const ProxyRequest& request, net::Endpoint agent,
            std::vector<std::size_t> withheld, SessionHold hold);
  ~ProxyCall();
  ProxyCall(const ProxyCall&) = delete;
  ProxyCall& operator=(const ProxyCall&) = delete;

  /// Takes a connection and sends what is here of the request. Returns whether that was all of it.
  bool send_first();
  [[nodiscard]] net::Socket& socket() { return upstream_->socket; }
  /// Returns where the first bytes of the answer go.
  [[nodiscard]] std::span<char> room() { return upstream_->buffer; }
  /// Reads after a first read. Returns whether a small whole answer came and went, as nearly all do;
  /// otherwise `run()` goes on.
  bool answer_at_once(const boost::system::error_code& error, std::size_t size);
  /// Does everything that follows `send_first()`.
  net::Task<> run();

 private:
  net::Task<> converse();
  bool send_request();
  net::Task<> pump_body(std::span<iovec> first);
  net::Task<> receive();
  net::Task<bool> read_head();
  net::Task<std::size_t> fill();
  net::Task<std::size_t> fill_with_descriptor(std::span<char> room);
  net::Task<> stream();
  net::Task<bool> deliver(Sent sent);
  void finish();
  net::Task<> fail();
  net::Task<> respond(net::Response response);

  // Reads answers before it passes them on (proxy_reading.cc).
  [[nodiscard]] std::size_t reading_limit(const net::HeadView& head) const;
  net::Task<> read_and_answer(std::size_t limit);
  [[nodiscard]] std::optional<net::Response> replacement(const std::string& payload);
  /// Returns the metro's `host[:port]` as the client knows it.
  [[nodiscard]] std::string_view public_host() const;
  net::Task<> pass_on(const std::string& head_text, const std::string& raw);

  // Relays after a 101 with a socket to DevTools (proxy_devtools.cc).
  net::Task<> relay_devtools();
  bool hand_on(const relay::RelayParts& parts);

  // Relays after any other 101 (proxy_relay.cc).
  net::Task<> relay();
  net::Task<> relay_down(net::ByteStream& client);
  net::Task<> relay_up(net::ByteStream& client);
  net::Task<> say_goodbye(net::ByteStream& client);
  net::Task<> drop_the_rest();
  void on_session_end();
  void on_stop(net::ByteStream& client);
  [[nodiscard]] bool may_speak() const;

  void append_request_head(std::string& out);
  [[nodiscard]] bool may_try_again() const;

  Proxy& proxy_;
  Downstream& client_;
  const ProxyRequest& request_;
  const net::Endpoint agent_;
  const std::vector<std::size_t> withheld_;
  SessionHold hold_;  // empty for calls that are no use of the session
  CallInFlight flight_;
  std::unique_ptr<Upstream> upstream_;  // null while nobody listens

  std::string request_head_;  // only what could not be sent at once
  std::string_view first_body_;
  iovec parts_[2] = {};
  std::span<iovec> unsent_;
  /// How far the request has got on its way to the agent.
  enum class Sending : std::uint8_t {
    under_way,
    sent_at_once,  ///< All of it went at once, so it can be sent a second time.
    sent,
    failed,  ///< The agent does not read it; it may have answered all the same.
  };
  [[nodiscard]] bool is_sent() const {
    return sending_ == Sending::sent_at_once || sending_ == Sending::sent;
  }
  Sending sending_ = Sending::under_way;
  std::optional<Error> body_error_;

  /// How far the answer has come. It only goes forward.
  enum class Answer : std::uint8_t {
    awaited,  ///< No byte has come.
    coming,   ///< Some bytes have come.
    given,    ///< A head went to the client, the agent's or the metro's own.
  };
  Answer answer_state_ = Answer::awaited;
  std::string_view answer_head_;  // in the upstream's buffer, until the next read
  // What happens to the connection to the agent; never both. Neither: it is closed.
  bool upstream_reusable_ = false;  // the answer ends in order, and the agent keeps it
  bool stale_ = false;              // it had ended before this request: another one is tried, once
  Sent unflushed_ = Sent::all;
  net::BodyProgress answer_;

  net::WsFrameTracker frames_, frames_up_;
  bool is_websocket_ = false;  // else an upgrade to a protocol whose frames we do not know
  // The two causes of a relay's end; both may come, in either order.
  bool session_ended_ = false;
  bool client_left_ = false;
  // One for each direction: part of a frame may be out that the trackers do not know of, so we may say
  // nothing there.
  bool sending_down_ = false;
  bool sending_up_ = false;
  std::optional<net::Wakeup> cause_;  // the session has ended or the client has left
};

}  // namespace wye::metro
