#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// HTTP/1.1 heads, taken apart in place. Strict: what two parsers could read differently is refused, not
// guessed.
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

/// How the end of a body is known.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// Views into the bytes that were parsed; valid as long as they are. Large: reuse one.
struct HeadView {
  std::string_view method;  ///< Requests only.
  std::string_view target;  ///< Requests only: origin-form or `*`; the path and query of an absolute-form.
  int status = 0;           ///< Answers only.
  std::string_view reason;
  int minor_version = 1;
  Framing framing = Framing::none;
  bool keep_alive = true;
  bool expects_continue = false;
  /// The protocol asked for or granted, when `Connection` names it and the version is 1.1; else "". Requests
  /// with a body ask for none.
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

/// The size of the head that `bytes` begins with, its empty line included; `incomplete` before that has come.
/// Bytes below `scanned` were looked at by an earlier call.
struct HeadEnd {
  HeadFault fault = HeadFault::incomplete;
  std::size_t size = 0;
};
[[nodiscard]] HeadEnd find_head_end(std::string_view bytes, std::size_t scanned = 0);

/// `head` is exactly one head as `find_head_end` measured it.
[[nodiscard]] HeadFault parse_request_head(std::string_view head, HeadView& out);
/// `to_head_request`: the answer has no body whatever its fields say.
[[nodiscard]] HeadFault parse_response_head(std::string_view head, bool to_head_request, HeadView& out);

[[nodiscard]] FieldId identify_field(std::string_view name);
[[nodiscard]] bool is_field_name(std::string_view name);
[[nodiscard]] bool is_field_value(std::string_view value);
/// Whether a comma-separated list holds the token (any case).
[[nodiscard]] bool has_token(std::string_view list, std::string_view token);

}  // namespace wye::net
