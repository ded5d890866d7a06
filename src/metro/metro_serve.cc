#include "base/encoding.h"
#include "metro/answers.h"
#include "metro/metro_connection.h"
#include "metro/metro_path.h"
#include "wire/known_api.h"

// Reads what a request to the metro asks for, and whether its token allows it.
namespace wye::metro {

namespace {

std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != kScheme[i]) return {};
  }
  return authorization.substr(authorization.find_first_not_of(' ', kScheme.size()));
}

net::Response healthy() { return net::json_response(200, R"({"status":"ok"})"); }

net::Response gateway_error(const Error& error) {
  auto response = net::error_response(error);
  response.headers.add("X-Wye-Source", "gateway");
  return response;
}

net::Response wrong_host(const MetroOrigin& origin, std::string_view session_id) {
  return gateway_error({.kind = ErrorKind::invalid,
                        .code = "host_not_allowed",
                        .message = "this browser is reached at its own host only, which is " +
                                   origin.host_of(session_id) +
                                   "; use its base_url and cdp_ws_url as they are",
                        .status = 421});
}

// Whether a DevTools client has taken a wrong URL, such as the base_url, for the one that it needs.
bool is_lost_devtools_client(const MetroPath& where, std::string_view path, const net::HeadView& head) {
  const bool wants_socket = iequals(head.upgrade, "websocket");
  if (where.surface == Surface::none) return wants_socket || wire::is_devtools_path(path);
  if (where.surface != Surface::api) return false;
  return wire::is_devtools_path(where.agent_path) || (wants_socket && where.tail.empty());
}

net::ConnectionLimits limits_of(const MetroOptions& options) {
  net::ConnectionLimits out;
  out.connections = options.connections;
  out.descriptors = options.proxy.descriptors;
  out.head_timeout = options.head_timeout;
  out.time_to_speak = options.time_to_speak;
  out.idle_timeout = options.idle_timeout;
  out.body_timeout = options.body_timeout;
  out.write_timeout = options.proxy.stalled_client;
  return out;
}

}  // namespace

MetroWorker::MetroWorker(boost::asio::io_context& io_in, const TokenVerifier& tokens_in,
                         const Clock& clock_in, const MetroOptions& options_in, SessionDirectory& directory,
                         RecordLookup& records, const Log& log, std::string id_prefix)
    : ConnectionSet(io_in, limits_of(options_in)),
      tokens(tokens_in,
             [&directory](std::string_view id) { return directory.find(id).state == SessionState::live; }),
      clock(clock_in),
      options(options_in),
      public_scheme(options.public_origin.known() ? options.public_origin.scheme()
                    : options.tls != nullptr      ? "https"
                                                  : "http"),
      public_host(options.public_origin.per_session() ? "" : options.public_origin.host_of({})),
      proxy(io_in, directory, records, log, options_in.proxy, std::move(id_prefix)) {}

const VerifiedToken* MetroConnection::check_token(std::string_view token) {
  if (token.empty() || token.size() > kMaxTokenBytes) return nullptr;
  if (!token_says_ || token != token_) {
    token_says_ = worker_.tokens.verify(token);
    if (!token_says_) return nullptr;
    token_ = token;
  }
  return token_says_->exp > worker_.clock.unix_micros() / 1'000'000 ? token_says_.get() : nullptr;
}

bool MetroConnection::route() {
  const auto mark = request().target.find('?');
  const auto path = request().target.substr(0, mark);
  const auto query = mark == std::string_view::npos ? std::string_view() : request().target.substr(mark + 1);
  const auto where = parse_metro_path(path);
  if (is_lost_devtools_client(where, path, request())) return refuse_as(wrong_cdp_url(), Reason::not_served);
  if (where.surface == Surface::none && path == "/healthz") return refuse_as(healthy(), Reason::health);
  if (where.surface == Surface::none) return refuse_as(own_answer(OwnAnswer::not_served), Reason::not_served);

  jwt_.clear();
  query_ = without_jwt(query, &jwt_);
  request_.policy = CallPolicy();
  if (where.surface == Surface::api && !where.agent_path.empty())
    request_.policy = api_policy(request().method, where.tail);
  if (where.surface != Surface::api && !where.agent_path.empty())
    request_.policy = socket_policy(request().method, where.tail);
  if (where.surface == Surface::replays) request_.policy.passage = Passage::not_here;
  if (jwt_.empty() && !request_.policy.carries_authorization)
    jwt_ = bearer(request().get(net::FieldId::authorization));
  const auto* token = check_token(jwt_);
  if (token == nullptr || (!where.session_id.empty() && where.session_id != token->session_id))
    return refuse_as(own_answer(OwnAnswer::invalid_jwt), Reason::unauthorized);
  const auto& origin = worker_.options.public_origin;
  if (origin.per_session()) {
    if (!origin.admits(request().get(net::FieldId::host), token->session_id))
      return refuse_as(wrong_host(origin, token->session_id), Reason::not_served);
    own_host_ = origin.host_of(token->session_id);
  }
  welcome();

  target_ = where.agent_path;
  if (!query_.empty()) target_.append("?").append(query_);
  request_.session_id = token->session_id;
  request_.target = target_;
  request_.query = query_;
  request_.jwt = jwt_;
  request_.client_address = peer();
  request_.public_scheme = worker_.public_scheme;
  request_.public_host = origin.per_session() ? own_host_ : worker_.public_host;
  return true;
}

bool MetroConnection::refuse_as(net::Response answer, Reason reason) {
  own_ = std::move(answer);
  client_.answer_because(reason);
  return false;
}

// Is no coroutine itself: that would cost an allocation for each request.
net::Task<> MetroConnection::handle() {
  client_.begin();
  if (route()) return worker_.proxy.forward(client_, request_);
  return client_.respond(std::move(own_));
}

void MetroConnection::handled() {
  client_.end();
  if (answer() == Answer::none && socket().is_open()) client_.abort();  // counted, like every request
}

net::Response MetroConnection::refusal(int status, std::string_view message) {
  worker_.counters.answer(Reason::bad_request, status);
  return gateway_error({.kind = ErrorKind::invalid,
                        .code = status == 408 ? "request_timeout" : "bad_request",
                        .message = std::string(message),
                        .status = status});
}

net::Response MetroConnection::wrong_cdp_url() const {
  const auto& origin = worker_.options.public_origin;
  const auto host =
      origin.known() ? origin.host_of("SESSION") : std::string(request().get(net::FieldId::host));
  return gateway_error(wire::wrong_cdp_url(worker_.public_scheme == "https", host));
}

}  // namespace wye::metro
