#include "metro/token.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "wire/json_codec.h"

namespace wye::metro {
namespace {

namespace json = boost::json;

std::optional<json::object> decode_object(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return std::nullopt;
  auto parsed = wire::parse_json(*text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(parsed->get_object());
}

std::optional<std::int64_t> whole_number(const json::object& object, std::string_view name) {
  std::int64_t number = 0;
  const auto* found = object.if_contains(name);
  if (found == nullptr || !wire::from_json(*found, number)) return std::nullopt;
  return number;
}

}  // namespace

std::string TokenVerifier::sign(const TokenClaims& claims) const {
  json::object session{{"id", claims.session_id},        {"orgId", claims.org_id},
                       {"projectId", claims.project_id}, {"userId", claims.user_id},
                       {"metro", claims.metro},          {"headless", claims.headless},
                       {"stealth", claims.stealth},      {"timeoutSeconds", claims.timeout_seconds},
                       {"createdAt", claims.created_at}, {"lease", claims.lease}};
  const json::object payload{{"exp", claims.exp}, {"iat", claims.iat}, {"session", std::move(session)}};
  std::string token = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(json::serialize(payload));
  return token + "." + base64url(hmac_sha256(secret_, token));
}

std::optional<VerifiedToken> TokenVerifier::verify(std::string_view token) const {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last)
    return std::nullopt;

  // Checks the signature first, so that a forger's content is never parsed.
  const auto signature = base64url_decode(token.substr(last + 1));
  if (!signature || !equal_in_constant_time(*signature, hmac_sha256(secret_, token.substr(0, last))))
    return std::nullopt;
  const auto header = decode_object(token.substr(0, first));
  if (!header) return std::nullopt;
  const auto* alg = header->if_contains("alg");
  if (alg == nullptr || !alg->is_string() || alg->get_string() != "HS256") return std::nullopt;

  const auto payload = decode_object(token.substr(first + 1, last - first - 1));
  if (!payload) return std::nullopt;
  const auto exp = whole_number(*payload, "exp");
  const auto* session = payload->if_contains("session");
  if (!exp || session == nullptr || !session->is_object()) return std::nullopt;
  const auto* id = session->get_object().if_contains("id");
  if (id == nullptr || !id->is_string() || id->get_string().empty()) return std::nullopt;
  return VerifiedToken{std::string(id->get_string()), *exp,
                       whole_number(session->get_object(), "lease").value_or(0)};
}

}  // namespace wye::metro
