#pragma once

#include <optional>

#include "metro/proxy.h"
#include "metro/ws_frames.h"
#include "net/body_progress.h"

namespace wye::metro {

/// One call to an agent, from its connection to the last byte of its answer. Lives in the frame of `Proxy::forward`.
class ProxyCall {
 public:
  ProxyCall(Proxy& proxy, Downstream& client, const ProxyRequest& request, std::string agent_socket);
  ~ProxyCall();
  ProxyCall(const ProxyCall&) = delete;
  ProxyCall& operator=(const ProxyCall&) = delete;

  net::Task<> run();

 private:
  net::Task<> converse();
  net::Task<> pump_body(std::span<iovec> first);
  net::Task<> receive();
  net::Task<bool> read_head();
  net::Task<std::size_t> fill();
  net::Task<> stream();
  net::Task<bool> deliver(Sent sent);
  net::Task<> finish();
  net::Task<> fail();
  net::Task<> respond(net::Response response);

  // Answers that the metro has to read before it passes them on (proxy_reading.cc).
  [[nodiscard]] std::size_t reading_limit(const net::HeadView& head) const;
  net::Task<> read_and_answer(std::size_t limit);
  [[nodiscard]] std::optional<net::Response> replacement(const std::string& payload);
  net::Task<> pass_on(const std::string& head_text, const std::string& raw);

  // After a 101 (proxy_relay.cc).
  net::Task<> relay();
  net::Task<> relay_down(net::ByteStream& client);
  net::Task<> relay_up(net::ByteStream& client);

  void append_request_head();
  [[nodiscard]] bool may_try_again() const;

  Proxy& proxy_;
  Downstream& client_;
  const ProxyRequest& request_;
  const std::string agent_socket_;
  std::shared_ptr<CallInFlight> flight_;
  CallsInFlight::List::iterator listed_;
  std::unique_ptr<Upstream> upstream_;

  std::string request_head_;
  std::string request_id_;
  std::string_view first_body_;
  bool body_sent_ = false;
  bool sent_at_once_ = false;     // nothing of it would be missing from a second sending
  bool send_failed_ = false;
  std::optional<Error> body_error_;

  std::string_view answer_head_;  // in the upstream's buffer, until it is read into again
  bool answer_begun_ = false;     // bytes of an answer have come
  bool answered_ = false;         // a head went to the client
  bool upstream_reusable_ = false;
  bool stale_ = false;
  net::BodyProgress answer_;

  WsFrameTracker frames_;
  bool is_websocket_ = false;
  bool session_ended_ = false;
};

}  // namespace wye::metro
