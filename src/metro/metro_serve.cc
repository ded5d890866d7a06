#include "metro/answers.h"
#include "metro/metro_connection.h"
#include "metro/metro_path.h"

// What a request to the metro asks for, and whether its token allows it.
namespace wye::metro {

namespace {

// Where the metro is reached when it stands behind something else; else scheme and host are what the client
// said.
void split_origin(const std::string& origin, bool tls, std::string& scheme, std::string& host) {
  const auto mark = origin.find("://");
  scheme = mark == std::string::npos ? (tls ? "https" : "http") : origin.substr(0, mark);
  host = mark == std::string::npos ? "" : origin.substr(mark + 3);
  while (host.ends_with('/')) host.pop_back();
}

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

}  // namespace

MetroWorker::MetroWorker(boost::asio::io_context& io_in, const TokenVerifier& tokens_in,
                         const Clock& clock_in, const MetroOptions& options_in, SessionDirectory& directory,
                         RecordLookup& records, const Log& log, std::string id_prefix)
    : io(io_in),
      tokens(tokens_in,
             [&directory](std::string_view id) { return directory.find(id).state == SessionState::live; }),
      clock(clock_in),
      options(options_in),
      proxy(io_in, directory, records, log, options_in.proxy, std::move(id_prefix)) {
  split_origin(options.public_origin, options.tls != nullptr, public_scheme, public_host);
}

const VerifiedToken* MetroConnection::check_token(std::string_view token) {
  if (token.empty() || token.size() > kMaxTokenBytes) return nullptr;
  if (!token_says_ || token != token_) {
    token_says_ = worker_->tokens.verify(token);
    if (!token_says_) return nullptr;
    token_ = token;
  }
  return token_says_->exp > worker_->clock.unix_micros() / 1'000'000 ? token_says_.get() : nullptr;
}

bool MetroConnection::route() {
  const auto mark = head_.target.find('?');
  const auto path = head_.target.substr(0, mark);
  const auto query = mark == std::string_view::npos ? std::string_view() : head_.target.substr(mark + 1);
  const auto where = parse_metro_path(path);
  if (where.surface == Surface::none) {
    const bool health = path == "/healthz";
    own_ = health ? healthy() : own_answer(OwnAnswer::not_served);
    reason_ = health ? Reason::health : Reason::not_served;
    return false;
  }

  jwt_.clear();
  query_ = without_jwt(query, &jwt_);
  request_.policy = CallPolicy();
  if (where.surface == Surface::api && !where.agent_path.empty())
    request_.policy = api_policy(head_.method, where.tail);
  if (where.surface != Surface::api && !where.agent_path.empty())
    request_.policy = socket_policy(head_.method, where.tail);
  if (where.surface == Surface::replays) request_.policy.served = false;
  if (jwt_.empty() && !request_.policy.carries_authorization)
    jwt_ = bearer(head_.get(net::FieldId::authorization));
  const auto* token = check_token(jwt_);
  if (token == nullptr || (!where.session_id.empty() && where.session_id != token->session_id)) {
    own_ = own_answer(OwnAnswer::invalid_jwt);
    reason_ = Reason::unauthorized;
    return false;
  }

  target_ = where.agent_path;
  if (!query_.empty()) target_.append("?").append(query_);
  request_.session_id = token->session_id;
  request_.target = target_;
  request_.query = query_;
  request_.jwt = jwt_;
  request_.client_address = peer_;
  request_.public_scheme = worker_->public_scheme;
  request_.public_host = worker_->public_host;
  return true;
}

}  // namespace wye::metro
