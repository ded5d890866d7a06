#include "metro/agent_answer.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/encoding.h"
#include "wire/json_codec.h"

namespace wye::metro {

namespace json = boost::json;

namespace {

constexpr std::string_view kGone = "browser_gone";
constexpr std::string_view kNotFound = R"({"code":"not_found","message":"the browser's VM answered 404"})";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads `\u0067` at the front as a character; nothing for other text.
std::optional<char> escaped_ascii(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  int code = 0;
  for (const char c : text.substr(2, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    code = code * 16 + digit;
  }
  if (code >= 0x80) return std::nullopt;
  return static_cast<char>(code);
}

// Whether any reading of the bytes as JSON could find the words: escapes are undone and NULs left out (UTF-16
// has one beside each ASCII character).
bool could_say_gone(std::string_view body) {
  std::string plain;
  plain.reserve(body.size());
  for (const char c : body)
    if (c != '\0') plain += c;
  std::string text;
  text.reserve(plain.size());
  for (std::size_t at = 0; at < plain.size();) {
    if (const auto c = escaped_ascii(std::string_view(plain).substr(at))) {
      text += *c;
      at += 6;
    } else {
      text += plain[at++];
    }
  }
  return text.find(kGone) != std::string::npos;
}

bool leads_back(std::string_view url, std::string_view public_host) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos || public_host.empty()) return false;
  const auto scheme = url.substr(0, scheme_end);
  if (scheme != "ws" && scheme != "wss") return false;
  const auto rest = url.substr(scheme_end + 3);
  return rest.starts_with(public_host) && rest.substr(public_host.size()).starts_with("/browser/") &&
         rest.find_first_of("#\\@") == std::string_view::npos;
}

void put_jwt(json::value& target, std::string_view jwt, std::string_view public_host) {
  if (!target.is_object()) return;
  auto* url = target.get_object().if_contains("webSocketDebuggerUrl");
  if (url == nullptr || !url->is_string()) return;
  std::string text(url->get_string());
  if (!leads_back(text, public_host)) return;
  text += text.find('?') == std::string::npos ? "?jwt=" : "&jwt=";
  text += jwt;
  *url = text;
}

}  // namespace

std::string code_of_body(std::string_view body) {
  const auto parsed = wire::parse_json(body);
  if (!parsed || !parsed->is_object()) return {};
  const auto* code = parsed->get_object().if_contains("code");
  return code != nullptr && code->is_string() ? std::string(code->get_string()) : std::string();
}

std::optional<std::string> without_gone(std::string_view body) {
  auto parsed = wire::parse_json(body);
  if (!parsed) return could_say_gone(body) ? std::optional(std::string(kNotFound)) : std::nullopt;
  if (code_of_body(body) != kGone) return std::nullopt;
  parsed->get_object()["code"] = "not_found";
  return json::serialize(*parsed);
}

std::optional<std::string> with_jwt(std::string_view body, std::string_view jwt,
                                    std::string_view public_host) {
  auto parsed = wire::parse_json(body);
  if (!parsed) return std::nullopt;
  if (parsed->is_array()) {
    for (auto& target : parsed->get_array()) put_jwt(target, jwt, public_host);
  } else {
    put_jwt(*parsed, jwt, public_host);
  }
  return json::serialize(*parsed);
}

}  // namespace wye::metro
