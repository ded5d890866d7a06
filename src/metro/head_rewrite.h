#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/head_parser.h"

// Heads on their way through the metro: flat in, flat out. Pure.
namespace wye::metro {

/// What the agent is told about a request besides what the client said.
struct RequestEdits {
  std::string_view target;  ///< Path and query for the agent.
  std::string_view client_address;
  std::string_view public_scheme;
  std::string_view public_host;  ///< "" = the request's Host.
  std::string_view request_id;   ///< Used when the client gave none.
  bool keep_authorization = false;
  std::span<const std::size_t> withheld;  ///< Fields, by their place, that hold a credential of ours.
  bool plain_body = false;                ///< No Accept-Encoding: the metro may have to read the answer.
};

/// Appends the head as the agent gets it: hop-by-hop fields gone, framing and upgrade as checked, forwarding
/// set anew.
void append_request_head(std::string& out, std::string_view method, std::span<const net::FieldView> fields,
                         net::Framing framing, std::uint64_t content_length, std::string_view upgrade,
                         const RequestEdits& edits);

/// How the client's connection goes on after an answer.
enum class ConnectionField { none, keep_alive, close, upgrade };

/// What the client needs of an agent's answer besides what the agent said.
struct AnswerEdits {
  ConnectionField connection = ConnectionField::none;
  bool dechunked = false;  ///< The client cannot read chunks and gets the payload alone.
  bool web_page = false;   ///< The client is a web browser (web_fields.h).
};

/// Appends the head as the client gets it.
void append_answer_head(std::string& out, const net::HeadView& head, const AnswerEdits& edits);

/// Who an agent's answer comes from: itself or the `target` of a raw fetch. It cannot speak as the gateway.
[[nodiscard]] std::string_view source_of(const net::HeadView& head);
/// Whether an answer's field is for the next hop alone, or is said anew by `append_answer_head`.
[[nodiscard]] bool is_hop_field(net::FieldId id);
/// Whether one of the `Connection` fields names this field.
[[nodiscard]] bool is_named_by_connection(std::span<const net::FieldView> fields, std::string_view name);
/// Whether a `Connection` field names more than close, keep-alive and upgrade.
[[nodiscard]] bool names_more_hops(std::span<const net::FieldView> fields);

}  // namespace wye::metro
