#include "metro/proxy.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>

#include "metro/answers.h"
#include "metro/metro_path.h"
#include "metro/own_credentials.h"
#include "metro/proxy_call.h"
#include "wire/known_api.h"

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

// Returns the metro's own answer in states in which the agent is not asked, in the order of vm-api §3.
std::optional<OwnAnswer> refusal(SessionState state, Passage passage) {
  switch (state) {
    case SessionState::gone:
      return OwnAnswer::browser_gone;
    case SessionState::ending:
    case SessionState::unknown:
      return OwnAnswer::session_ending;
    case SessionState::creating:
    case SessionState::live:
      break;
  }
  switch (passage) {
    case Passage::no_such_call:
      return OwnAnswer::not_served;
    case Passage::wrong_method:
      return OwnAnswer::wrong_method;
    case Passage::not_here:
      return OwnAnswer::not_implemented;
    case Passage::forwarded:
      break;
  }
  if (state == SessionState::creating) return OwnAnswer::agent_not_ready;
  return std::nullopt;
}

net::Response refusal_response(OwnAnswer refused, std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  if (refused == OwnAnswer::not_implemented) {
    auto response =
        net::error_response(wire::not_implemented(path.substr(std::min<std::size_t>(1, path.size()))));
    response.headers.add("X-Wye-Source", "gateway");
    return response;
  }
  auto response = own_answer(refused);
  if (refused == OwnAnswer::wrong_method)
    response.headers.add("Allow", wire::vm_calls().methods_of(decoded_tail(path).value_or("")));
  return response;
}

}  // namespace

net::Task<std::optional<std::vector<std::size_t>>> Proxy::fields_to_withhold(const Downstream& client,
                                                                             std::string_view token) {
  auto search = find_credentials(client.fields(), token);
  auto out = std::move(search.withheld);
  if (search.candidates.empty()) co_return std::optional(std::move(out));
  const auto own = co_await records_.own_credentials(std::move(search.candidates));
  if (!own) co_return std::nullopt;
  out.insert(out.end(), own->begin(), own->end());
  co_return std::optional(std::move(out));
}

net::Task<> Proxy::forward(Downstream& client, const ProxyRequest& request) {
  SessionDirectory::View view;
  SessionHold hold;
  if (request.policy.use == Use::hold)
    hold = directory_.hold(request.session_id, &view);
  else
    view = directory_.find(request.session_id);
  if (view.state == SessionState::unknown)
    view.state = co_await records_.state_of(std::string(request.session_id));
  if (const auto refused = refusal(view.state, request.policy.passage)) {
    client.answer_because(reason_of(*refused));
    auto answer = refusal_response(*refused, request.target);
    co_await client.respond(std::move(answer));
    co_return;
  }
  if (request.policy.use == Use::touch) directory_.touch(request.session_id);
  std::vector<std::size_t> withheld;
  if (request.policy.carries_authorization) {
    auto found = co_await fields_to_withhold(client, request.jwt);
    if (!found) {
      client.answer_because(Reason::overloaded);
      co_return (void) co_await client.respond(own_answer(OwnAnswer::overloaded));
    }
    withheld = std::move(*found);
  }
  ProxyCall call(*this, client, request, std::move(view.agent), std::move(withheld), std::move(hold));
  // Most calls end after one read, and need no further coroutine.
  if (call.send_first() && client.upgrade().empty()) {
    const auto room = call.room();
    const auto [error, size] =
        co_await call.socket().async_read_some(boost::asio::buffer(room.data(), room.size()), net::kAwait);
    if (call.answer_at_once(error, size)) co_return;
  }
  co_await call.run();
}

}  // namespace wye::metro
