#include "metro/head_rewrite.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "metro/web_fields.h"
#include "wire/devtools_line.h"

namespace wye::metro {

using net::FieldId;
using net::FieldView;
using net::Framing;

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_length(std::string& out, std::uint64_t length) {
  char digits[24];
  const auto* end = std::to_chars(digits, digits + sizeof(digits), length).ptr;
  append_field(out, "Content-Length", std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

bool goes_to_agent(const FieldView& field, const RequestEdits& edits) {
  switch (field.id) {
    case FieldId::other:
      return !edits.plain_body || field.name.size() != 15 || !iequals(field.name, "accept-encoding");
    case FieldId::content_type:
    case FieldId::host:
    case FieldId::x_request_id:
      return true;
    case FieldId::authorization:
      return edits.keep_authorization;
    default:
      return false;
  }
}

}  // namespace

bool is_hop_field(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_hop:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::content_length:
    case FieldId::upgrade:
      return true;
    default:
      return false;
  }
}

std::string_view source_of(const net::HeadView& head) {
  return head.get(FieldId::x_wye_source) == "target" ? "target" : "agent";
}

bool names_more_hops(std::span<const FieldView> fields) {
  for (const auto& field : fields) {
    if (field.id != FieldId::connection) continue;
    auto list = field.value;
    while (!list.empty()) {
      const auto comma = list.find(',');
      const auto token = list.substr(0, comma);
      if (!token.empty() && !net::has_token(token, "close") && !net::has_token(token, "keep-alive") &&
          !net::has_token(token, "upgrade"))
        return true;
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  return false;
}

bool is_named_by_connection(std::span<const FieldView> fields, std::string_view name) {
  for (const auto& field : fields)
    if (field.id == FieldId::connection && net::has_token(field.value, name)) return true;
  return false;
}

void append_request_head(std::string& out, std::string_view method, std::span<const FieldView> fields,
                         Framing framing, std::uint64_t content_length, std::string_view upgrade,
                         const RequestEdits& edits) {
  out.append(method).append(" ").append(edits.target).append(" HTTP/1.1\r\n");
  const bool more_hops = names_more_hops(fields);
  std::string_view host;
  bool has_id = false;
  bool has_length = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields[i];
    if (field.id == FieldId::host) host = field.value;
    has_length = has_length || field.id == FieldId::content_length;
    if (!goes_to_agent(field, edits)) continue;
    if (!edits.withheld.empty() && std::count(edits.withheld.begin(), edits.withheld.end(), i) > 0) continue;
    if (!upgrade.empty() && iequals(field.name, wire::kHandsOverField)) continue;
    // `Connection` cannot remove Host and the framing: the agent would read another request than the metro
    // checked.
    if (more_hops && field.id != FieldId::host && is_named_by_connection(fields, field.name)) continue;
    has_id = has_id || field.id == FieldId::x_request_id;
    append_field(out, field.name, field.value);
  }
  if (host.data() == nullptr) append_field(out, "Host", "localhost");  // HTTP/1.0 may have no Host
  if (framing == Framing::chunked)
    append_field(out, "Transfer-Encoding", "chunked");
  else if (framing == Framing::length || has_length)
    append_length(out, content_length);
  if (!upgrade.empty()) {
    append_field(out, "Connection", "Upgrade");
    append_field(out, "Upgrade", upgrade);
    append_field(out, wire::kHandsOverField, "socket");
  }
  if (!edits.client_address.empty()) append_field(out, "X-Forwarded-For", edits.client_address);
  append_field(out, "X-Forwarded-Proto", edits.public_scheme);
  append_field(out, "X-Forwarded-Host", edits.public_host.empty() ? host : edits.public_host);
  if (!has_id) append_field(out, "X-Request-Id", edits.request_id);
  out.append("\r\n");
}

void append_answer_head(std::string& out, const net::HeadView& head, const AnswerEdits& edits) {
  char status[8] = {' '};
  std::to_chars(status + 1, status + 4, head.status);
  status[4] = ' ';
  out.append("HTTP/1.1").append(status, 5).append(head.reason).append("\r\n");
  const auto fields = head.fields();
  const bool more_hops = names_more_hops(fields);
  bool has_source = false;
  if (head.status != 101)
    for (const auto& guard : guard_fields(edits.web_page)) append_field(out, guard.name, guard.value);
  for (const auto& field : fields) {
    if (field.id == FieldId::x_wye_source) {
      if (!std::exchange(has_source, true)) append_field(out, field.name, source_of(head));
      continue;
    }
    if (field.id != FieldId::other && is_hop_field(field.id)) {
      // A length that was checked stays, also where no body follows it (HEAD, 304); a transfer coding stays
      // only when it is chunked.
      const bool stays = (field.id == FieldId::content_length && head.status != 204 && head.status >= 200) ||
                         (field.id == FieldId::transfer_encoding && head.status != 204 &&
                          head.status >= 200 && !edits.dechunked);
      if (!stays) continue;
    } else if (more_hops && is_named_by_connection(fields, field.name)) {
      continue;
    }
    if (edits.web_page) out.append(prefix_of(field, true));
    append_field(out, field.name, field.value);
  }
  if (!has_source) append_field(out, "X-Wye-Source", source_of(head));
  switch (edits.connection) {
    case net::ConnectionField::none:
      break;
    case net::ConnectionField::keep_alive:
      append_field(out, "Connection", "keep-alive");
      break;
    case net::ConnectionField::close:
      append_field(out, "Connection", "close");
      break;
    case net::ConnectionField::upgrade:
      append_field(out, "Connection", "Upgrade");
      append_field(out, "Upgrade", head.upgrade);
      break;
  }
  out.append("\r\n");
}

}  // namespace wye::metro
