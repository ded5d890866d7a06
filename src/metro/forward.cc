#include "metro/forward.h"

#include "metro/answers.h"
#include "metro/metro_path.h"
#include "metro/proxy.h"
#include "net/endpoint_client.h"

namespace wye::metro {

namespace asio = boost::asio;

struct Forwarder::Impl {
  Impl(asio::io_context& io_in, SessionDirectory& directory_in, const Log& log, const Clock& clock,
       ProxyLimits limits, MetroHooks hooks)
      : io(io_in),
        directory(directory_in),
        records(directory_in, std::move(hooks)),
        proxy(io_in, directory_in, records, log, limits, "c" + std::to_string(clock.unix_micros()) + "-") {}
  ~Impl() {
    proxy.close();
    records.stop();
  }
  asio::io_context& io;
  SessionDirectory& directory;
  RecordLookup records;
  LegCounters counters;
  Proxy proxy;
};

Forwarder::Forwarder(asio::io_context& io, SessionDirectory& directory, const Log& log, const Clock& clock,
                     ProxyLimits limits, MetroHooks hooks)
    : impl_(std::make_shared<Impl>(io, directory, log, clock, limits, std::move(hooks))) {}

Forwarder::~Forwarder() = default;

LegCounters& Forwarder::counters() { return impl_->counters; }

net::Task<void> Forwarder::forward(net::Exchange& exchange, std::string session_id, std::string tail,
                                   std::string query, ForwardOptions options) {
  const auto impl = impl_;
  Downstream client(exchange.connection(), impl->counters);
  const auto decoded = decoded_tail(tail);
  ProxyRequest request;
  if (decoded) request.policy = control_plane_policy(client.method(), *decoded);
  if (!options.counts_as_use) request.policy.use = Use::none;
  const auto plain_query = without_jwt(query, nullptr);
  std::string target = "/" + tail;
  if (!plain_query.empty()) target.append("?").append(plain_query);
  request.session_id = session_id;
  request.target = target;
  request.query = plain_query;
  request.client_address = options.client_address;
  request.public_scheme = options.public_scheme;
  request.public_host = options.public_host;
  co_await impl->proxy.forward(client, request);
}

net::Task<net::Response> Forwarder::call(std::string session_id, std::string method, std::string target,
                                         std::string body, std::chrono::milliseconds deadline) {
  const auto view = impl_->directory.find(session_id);
  if (view.state == SessionState::gone) co_return own_answer(OwnAnswer::browser_gone);
  if (view.state == SessionState::creating) co_return own_answer(OwnAnswer::agent_not_ready);
  if (view.state != SessionState::live) co_return own_answer(OwnAnswer::session_ending);
  net::EndpointRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.deadline = deadline;
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  auto answer = co_await net::endpoint_request(view.agent, std::move(request));
  if (answer) co_return std::move(*answer);
  if (answer.error().kind == ErrorKind::timed_out) co_return own_answer(OwnAnswer::too_slow);
  if (answer.error().code == "connect_failed") co_return own_answer(OwnAnswer::agent_not_ready);
  co_return own_answer(OwnAnswer::connection_lost);
}

}  // namespace wye::metro
