#include "vm/curl/raw_head.h"

#include <algorithm>

#include "base/encoding.h"
#include "net/head_parser.h"
#include "vm/curl/request_headers.h"

namespace wye::vm {
namespace {

// The metro's bounds of an agent's head, less what the connection adds to it.
constexpr std::size_t kMaxFields = net::kMaxHeadFields - 8;
constexpr std::size_t kMaxBytes = 32 * 1024 - 512;
constexpr std::size_t kMaxFinalUrl = 8 * 1024;

Error cannot_pass(const std::string& what) {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_transport",
          .message = "the target answered with " + what + "; POST curl hands on what this call cannot",
          .status = 502};
}

// Chromium ignores wrong lengths that other clients would not, and 205 has no body whatever its length says.
bool is_true_length(const CurlHead& head, std::string_view length) {
  const auto other = [&](const auto& field) {
    return iequals(field.first, "content-length") && field.second != length;
  };
  return head.status != 205 && !head.headers.has("transfer-encoding") && !length.empty() &&
         length.size() <= 18 && length.find_first_not_of("0123456789") == std::string_view::npos &&
         std::none_of(head.headers.begin(), head.headers.end(), other);
}

// Fields that have no meaning in an answer, whose head the metro checks strictly.
bool is_of_requests(std::string_view name) { return iequals(name, "host") || iequals(name, "expect"); }

std::size_t size_of(const net::Headers& headers) {
  std::size_t size = 0;
  for (const auto& [name, value] : headers) size += name.size() + value.size() + 4;
  return size;
}

}  // namespace

Result<net::Headers> raw_head(const CurlHead& head) {
  if (head.status < 100 || head.status > 599)
    return cannot_pass("the status " + std::to_string(head.status) + ", which HTTP does not allow");
  net::Headers out;
  std::string left_out;
  const auto leave_out = [&](const std::string& name) { left_out += (left_out.empty() ? "" : ", ") + name; };
  for (const auto& [name, value] : headers_for_caller(head.headers)) {
    if (iequals(name, "content-length")) {
      if (!out.has(name) && is_true_length(head, value)) out.add(name, value);
    } else if (net::is_field_name(name) && net::is_field_value(value) && !is_of_requests(name)) {
      out.add(name, value);
    } else if (net::is_field_name(name)) {
      leave_out(name);
    }
  }
  out.set("X-Wye-Source", "target");
  if (head.final_url.size() <= kMaxFinalUrl)
    out.set("X-Wye-Final-Url", head.final_url);
  else
    leave_out("X-Wye-Final-Url");
  out.set("x-should-retry", "false");
  if (!left_out.empty()) out.set("X-Wye-Left-Out", left_out);
  if (out.size() > kMaxFields)
    return cannot_pass(std::to_string(out.size()) + " header fields, which is more than " +
                       std::to_string(kMaxFields));
  if (const auto size = size_of(out); size > kMaxBytes)
    return cannot_pass("a head of " + std::to_string(size) + " bytes, which is more than " +
                       std::to_string(kMaxBytes));
  return out;
}

}  // namespace wye::vm
