#include "net/wire_request.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"

namespace wye::net {
namespace {

Error invalid(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

Result<void> check_framing(const WireRequest& request, std::string_view name, std::string_view value) {
  if (iequals(name, "transfer-encoding")) {
    if (request.body_stream && iequals(value, "chunked")) return {};
    return invalid(
        "Transfer-Encoding is the client's to set; use a body stream for a body of unknown length");
  }
  if (iequals(name, "content-length") &&
      (request.body_stream || value != std::to_string(request.body.size())))
    return invalid("Content-Length is not the body's length; leave it out");
  return {};
}

}  // namespace

Result<void> check_wire_request(const WireRequest& request) {
  if (!is_token(request.method)) return invalid("the method is not an HTTP token");
  if (iequals(request.method, "connect")) return invalid("CONNECT is not a request this client sends");
  const auto scheme = ascii_lower(request.url.substr(0, request.url.find("://")));
  if (scheme != "http" && scheme != "https") return invalid("only http and https URLs are sent");
  for (const char c : request.url)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return invalid("the URL holds a space or a control character; percent-encode it");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return invalid("a header name is not an HTTP token");
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return invalid("the value of header " + name + " holds a line break or NUL");
    WYE_CHECK(check_framing(request, name, value));
  }
  return {};
}

}  // namespace wye::net
