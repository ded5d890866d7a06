#include "metro/proxy_call.h"
#include "metro/relayed_sockets.h"
#include "relay/devtools_socket.h"
#include "relay/relayed.h"

namespace wye::metro {

net::Task<> ProxyCall::relay_devtools() {
  auto& up = *upstream_;
  if (const auto checked = relay::check_devtools_socket(up.handed_over.get(), agent_.network()); !checked) {
    proxy_.log_.warn(checked.error().message, {{"session_id", request_.session_id}});
    co_return co_await fail();
  }
  answer_state_ = Answer::given;
  const auto sent = client_.put_head(proxy_.scratch_, {});
  if (sent != Sent::all && !co_await deliver(sent)) co_return;
  auto client = client_.take_over()->release();
  boost::system::error_code ignored;
  relay::RelayParts parts{.client = std::move(client.socket),
                          .devtools = std::move(up.handed_over),
                          .line = UniqueFd(up.socket.release(ignored)),
                          .network = agent_.network(),
                          .from_client = std::move(client.unread),
                          .from_devtools = std::string(up.buffered())};
  if (hand_on(parts)) co_return;

  relay::Relayed relayed(proxy_.io_, std::move(parts));
  flight_.end = [&relayed] { relayed.drop_client(); };
  flight_.on_stop = [&relayed] { relayed.stop_now(); };
  flight_.on_session_end = [&relayed] { relayed.end_session(); };
  proxy_.calls_.begin_relay(flight_);
  co_await relayed.run();
  flight_.end = flight_.on_session_end = flight_.on_stop = nullptr;
}

// To the process that outlives this one. A client of TLS stays, since its keys are here.
bool ProxyCall::hand_on(const relay::RelayParts& parts) {
  auto* const relays = proxy_.limits_.relays;
  if (relays == nullptr || !relay::is_tcp(parts.client.get())) return false;
  const std::string session(request_.session_id);
  auto kept = std::make_shared<RelayedSocket>(std::move(hold_));
  if (!relays->hand_on(session, parts, kept)) {
    hold_ = kept->give_back();
    return false;
  }
  kept->end_with(proxy_.directory_, *relays, session);
  return true;
}

}  // namespace wye::metro
