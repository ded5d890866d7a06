#include "control/destinations/destination_rules.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <boost/describe/class.hpp>
#include <memory>

#include "base/encoding.h"
#include "base/try.h"
#include "control/browsers/browser_rules.h"
#include "control/export/address_rule.h"
#include "wire/json_codec.h"

namespace wye::control {
namespace {

constexpr std::size_t kMaxEndpoint = 2048, kMaxDescription = 1024, kMaxHeaders = 32, kMaxHeaderName = 128,
                      kMaxHeaderValue = 8192;

struct DestinationBody {
  std::optional<std::string> name, endpoint, description, protocol;
  std::optional<std::map<std::string, std::string>> headers;
  std::optional<std::vector<std::string>> signals;
};
BOOST_DESCRIBE_STRUCT(DestinationBody, (), (name, endpoint, description, protocol, headers, signals))

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (::curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, void (*)(void*)> owned(text, ::curl_free);
  return text;
}

// Checks by libcurl, which will connect to it: so there is only one reading of the host.
Result<std::string> check_endpoint(std::string endpoint, bool private_allowed) {
  if (endpoint.size() > kMaxEndpoint || std::any_of(endpoint.begin(), endpoint.end(), [](unsigned char c) {
        return c <= ' ' || c >= 0x7f || c == '\\';
      }))
    return bad("endpoint must be a URL of at most 2048 printable characters");
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(::curl_url(), ::curl_url_cleanup);
  const bool parsed = ::curl_url_set(url.get(), CURLUPART_URL, endpoint.c_str(), 0) == CURLUE_OK;
  const auto scheme = parsed ? ascii_lower(part(url.get(), CURLUPART_SCHEME)) : std::string();
  // libcurl also takes `https:host`, which we refuse; the scheme is stored in lower case.
  if ((scheme != "https" && scheme != "http") || endpoint.compare(scheme.size(), 3, "://") != 0)
    return bad("endpoint must be a https:// or http:// URL");
  endpoint.replace(0, scheme.size(), scheme);
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty() ||
      endpoint.find_first_of("?#") != std::string::npos)
    return bad("endpoint is shown, so it takes no user, query or fragment; credentials go into headers");
  auto host = part(url.get(), CURLUPART_HOST);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!may_export_to(host, private_allowed))
    return bad(
        "endpoint: the address is not allowed (private ones are with wye serve --allow-private-export)");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.ends_with("/v1/logs") || endpoint.ends_with("/v1/traces"))
    return bad("endpoint is the base URL; /v1/logs and /v1/traces are put behind it");
  return endpoint;
}

bool is_token(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// Accepts fields that may go with a request of ours: none about its framing, its connection, or where it
// goes.
bool is_ours_to_set(const std::string& name) {
  static constexpr std::array kOurs{"host",       "content-length",    "content-type", "content-encoding",
                                    "connection", "transfer-encoding", "expect",       "upgrade",
                                    "te",         "trailer",           "keep-alive",   "proxy-connection"};
  return std::any_of(kOurs.begin(), kOurs.end(), [&](const char* one) { return iequals(name, one); });
}

Result<std::map<std::string, std::string>> check_headers(const std::map<std::string, std::string>& given,
                                                         const std::map<std::string, std::string>& stored) {
  if (given.size() > kMaxHeaders) return bad("headers takes at most 32 fields");
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : given) {
    // Quotes a name only once it is known to be one: it could be a secret at the wrong place.
    if (!is_token(name) || name.size() > kMaxHeaderName)
      return bad("headers: a name must be 1 to 128 characters of a header field's name");
    if (is_ours_to_set(name)) return bad("headers: " + name + " is set by the server");
    if (value.size() > kMaxHeaderValue || std::any_of(value.begin(), value.end(), [](unsigned char c) {
          return (c < ' ' && c != '\t') || c == 0x7f;
        }))
      return bad("headers." + name + " must be at most 8192 characters without control characters");
    const auto kept = std::find_if(stored.begin(), stored.end(), [&, &wanted = name](const auto& one) {
      return iequals(one.first, wanted);
    });
    if (value.empty() && kept == stored.end()) return bad("headers." + name + " needs a value");
    const auto key = ascii_lower(name);
    if (!out.emplace(key, value.empty() ? kept->second : value).second)
      return bad("headers: " + name + " is there twice");
  }
  return out;
}

}  // namespace

Result<void> read_destination_body(std::string_view body, bool private_allowed, Destination& over) {
  WYE_TRY(auto given, wire::from_text<DestinationBody>(body));
  if (given.name) over.name = *given.name;
  if (over.name.empty()) return bad("name is required");
  WYE_CHECK(check_name(over.name));
  if (given.endpoint) {
    WYE_TRY(over.endpoint, check_endpoint(std::move(*given.endpoint), private_allowed));
  }
  if (over.endpoint.empty()) return bad("endpoint is required");
  if (given.description) over.description = std::move(*given.description);
  if (over.description.size() > kMaxDescription) return bad("description takes at most 1024 bytes");
  if (given.headers) {
    WYE_TRY(over.headers, check_headers(*given.headers, over.headers));
  }
  if (given.protocol) {
    if (*given.protocol != "http/protobuf" && *given.protocol != "http/json")
      return bad("protocol must be http/protobuf or http/json");
    over.protocol =
        *given.protocol == "http/json" ? Destination::Protocol::json : Destination::Protocol::protobuf;
  }
  if (given.signals) {
    over.logs = over.traces = false;
    for (const auto& signal : *given.signals) {
      if (signal != "logs" && signal != "traces") return bad("signals holds logs and traces only");
      (signal == "logs" ? over.logs : over.traces) = true;
    }
    if (!over.logs && !over.traces) return bad("signals must hold logs, traces or both");
  }
  return {};
}

}  // namespace wye::control
