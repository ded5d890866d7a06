#include "net/answer_head.h"

#include <cassert>

#include "base/encoding.h"
#include "net/head_parser.h"

namespace wye::net {
namespace {

bool is_framing(std::string_view name) {
  return iequals(name, "connection") || iequals(name, "keep-alive") || iequals(name, "content-length") ||
         iequals(name, "transfer-encoding");
}

}  // namespace

ConnectionField connection_field(bool kept, int minor_version) {
  if (!kept) return ConnectionField::close;
  return minor_version == 0 ? ConnectionField::keep_alive : ConnectionField::none;
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::string answer_head(int status, const Headers& headers, std::string_view framing_field,
                        ConnectionField connection) {
  assert(connection != ConnectionField::upgrade);
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
  for (const auto& [name, value] : headers) {
    // A line break in a value would begin a second answer. What cannot be sent as it is, is left out.
    if (is_framing(name) || !is_field_name(name) || !is_field_value(value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out += framing_field;
  if (connection == ConnectionField::close) out += "Connection: close\r\n";
  if (connection == ConnectionField::keep_alive) out += "Connection: keep-alive\r\n";
  out += "\r\n";
  return out;
}

std::string whole_answer_head(const Response& response, bool to_head, ConnectionField connection) {
  std::string framing;
  if (response.status >= 200 && response.status != 204) {
    const bool bodiless = to_head || response.status == 304;
    framing = "Content-Length: ";
    if (bodiless && response.headers.has("Content-Length"))
      framing += response.headers.get("Content-Length");
    else
      framing += std::to_string(response.body.size());
    framing += "\r\n";
  }
  return answer_head(response.status, response.headers, framing, connection);
}

}  // namespace wye::net
