#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/answer_head.h"
#include "net/head_parser.h"

// Rewrites heads on their way through the metro, from flat bytes to flat bytes. Pure.
namespace wye::metro {

/// What the agent is told about a request besides the client's own fields.
struct RequestEdits {
  std::string_view target;  ///< Path and query for the agent.
  std::string_view client_address;
  std::string_view public_scheme;
  std::string_view public_host;  ///< "" = the request's Host.
  std::string_view request_id;   ///< Used when the client gave none.
  bool keep_authorization = false;
  std::span<const std::size_t> withheld;  ///< The places of fields that hold a credential of ours.
  /// Whether Accept-Encoding is removed: the metro may have to read the answer.
  bool plain_body = false;
};

/// Appends the head for the agent: without hop-by-hop fields, with framing and upgrade as they were checked,
/// and with new forwarding fields.
void append_request_head(std::string& out, std::string_view method, std::span<const net::FieldView> fields,
                         net::Framing framing, std::uint64_t content_length, std::string_view upgrade,
                         const RequestEdits& edits);

/// What the client needs of an answer besides the agent's own fields.
struct AnswerEdits {
  net::ConnectionField connection = net::ConnectionField::none;
  bool dechunked = false;  ///< The client cannot read chunks and gets the payload alone.
  bool web_page = false;   ///< The client is a web browser (web_fields.h).
};

/// Appends the head for the client.
void append_answer_head(std::string& out, const net::HeadView& head, const AnswerEdits& edits);

/// Returns who made an agent's answer: the agent or the `target` of a raw fetch. It cannot speak as the
/// gateway.
[[nodiscard]] std::string_view source_of(const net::HeadView& head);
/// Whether a field of an answer is for the next hop alone, or is written again by `append_answer_head`.
[[nodiscard]] bool is_hop_field(net::FieldId id);
/// Whether one of the `Connection` fields names this field.
[[nodiscard]] bool is_named_by_connection(std::span<const net::FieldView> fields, std::string_view name);
/// Whether a `Connection` field names more than close, keep-alive and upgrade.
[[nodiscard]] bool names_more_hops(std::span<const net::FieldView> fields);

}  // namespace wye::metro
