#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Takes HTTP/1.1 heads apart in place. Strict: what two parsers could read differently is refused.
namespace wye::net {

inline constexpr std::size_t kMaxHeadFields = 128;
inline constexpr std::size_t kMaxMethodBytes = 32;

/// Fields that servers and proxies act on; all others are `other`.
enum class FieldId : std::uint8_t {
  other,
  authorization,
  connection,
  content_length,
  content_type,
  expect,
  host,
  keep_alive,
  proxy_hop,  ///< proxy-connection, proxy-authenticate, proxy-authorization
  te,
  trailer,
  transfer_encoding,
  upgrade,
  x_forwarded,  ///< x-forwarded-for, -proto, -host; forwarded
  x_request_id,
  x_wye_source,
};

struct FieldView {
  std::string_view name;
  std::string_view value;  ///< Without the white space around it.
  FieldId id = FieldId::other;
};

/// How the end of a body is found.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// Views into the bytes that were parsed, valid as long as those are. It is large: reuse one.
struct HeadView {
  std::string_view method;  ///< Requests only.
  std::string_view target;  ///< Requests only: origin-form or `*`; the path and query of an absolute-form.
  int status = 0;           ///< Answers only.
  std::string_view reason;
  int minor_version = 1;
  Framing framing = Framing::none;
  bool keep_alive = true;
  bool expects_continue = false;
  /// The protocol that was asked for or granted, when `Connection` names it and the version is 1.1; else "".
  /// A request with a body asks for none.
  std::string_view upgrade;
  std::uint64_t content_length = 0;

  [[nodiscard]] std::span<const FieldView> fields() const { return {storage.data(), count}; }
  [[nodiscard]] std::string_view get(FieldId id) const;

  std::array<FieldView, kMaxHeadFields> storage;
  std::size_t count = 0;
};

enum class HeadFault : std::uint8_t {
  none,
  incomplete,           ///< Not a fault: more bytes are needed.
  malformed,            ///< 400
  too_large,            ///< 431: too many fields, or more bytes than the reader allows
  unsupported_version,  ///< 505
  unsupported_coding,   ///< 501: a transfer coding other than chunked
  unknown_expectation,  ///< 417
};
[[nodiscard]] int status_of(HeadFault fault);
[[nodiscard]] std::string_view describe(HeadFault fault);

/// The size of the head at the front of `bytes`, with its empty line; `incomplete` before that has come.
/// Bytes below `scanned` were looked at by an earlier call.
struct HeadEnd {
  HeadFault fault = HeadFault::incomplete;
  std::size_t size = 0;
};
[[nodiscard]] HeadEnd find_head_end(std::string_view bytes, std::size_t scanned = 0);

/// Parses a request's head, which must be exactly the one that `find_head_end` measured.
[[nodiscard]] HeadFault parse_request_head(std::string_view head, HeadView& out);
/// Parses an answer's head. `to_head_request`: the answer has no body whatever its fields say.
[[nodiscard]] HeadFault parse_response_head(std::string_view head, bool to_head_request, HeadView& out);

[[nodiscard]] FieldId identify_field(std::string_view name);
[[nodiscard]] bool is_field_name(std::string_view name);
[[nodiscard]] bool is_field_value(std::string_view value);
/// Returns whether a comma-separated list holds the token (any case).
[[nodiscard]] bool has_token(std::string_view list, std::string_view token);

}  // namespace wye::net
