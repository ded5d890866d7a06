#include "metro/proxy.h"

#include <boost/asio/buffer.hpp>

#include "metro/answers.h"
#include "metro/proxy_call.h"

namespace wye::metro {

Proxy::Proxy(boost::asio::io_context& io, SessionDirectory& directory, RecordLookup& records, const Log& log,
             const ProxyLimits& limits, std::string id_prefix)
    : directory_(directory),
      records_(records),
      log_(log),
      limits_(limits),
      id_prefix_(std::move(id_prefix)),
      io_(io),
      pool_(io, directory, limits_),
      calls_(io, directory, limits_) {}

void Proxy::close() {
  calls_.end_all();
  pool_.clear();
}

namespace {

// The states in which nothing is asked of the agent, in the order of vm-api §3.
std::optional<OwnAnswer> refusal(SessionState state, bool served) {
  switch (state) {
    case SessionState::gone:
      return OwnAnswer::browser_gone;
    case SessionState::ending:
    case SessionState::unknown:
      return OwnAnswer::session_ending;
    case SessionState::creating:
      return served ? OwnAnswer::agent_not_ready : OwnAnswer::not_served;
    case SessionState::live:
      break;
  }
  if (!served) return OwnAnswer::not_served;
  return std::nullopt;
}

}  // namespace

net::Task<> Proxy::forward(Downstream& client, const ProxyRequest& request) {
  SessionDirectory::View view;
  SessionHold hold;
  if (request.policy.use == Use::hold)
    hold = directory_.hold(request.session_id, &view);
  else
    view = directory_.find(request.session_id);
  if (view.state == SessionState::unknown)
    view.state = co_await records_.state_of(std::string(request.session_id));
  if (const auto refused = refusal(view.state, request.policy.served)) {
    client.answer_because(reason_of(*refused));
    co_await client.respond(own_answer(*refused));
    co_return;
  }
  if (request.policy.use == Use::touch) directory_.touch(request.session_id);
  ProxyCall call(*this, client, request, std::move(view.agent_socket));
  // Most calls are over after one read, without another coroutine being made for them.
  if (call.send_first()) {
    const auto room = call.room();
    const auto [error, size] =
        co_await call.socket().async_read_some(boost::asio::buffer(room.data(), room.size()), net::kAwait);
    if (call.answer_at_once(error, size)) co_return;
  }
  co_await call.run();
}

}  // namespace wye::metro
