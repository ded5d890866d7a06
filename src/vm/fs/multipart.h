#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::vm {

/// Reads multipart/form-data (RFC 7578) from bytes in any cut. Strict, pure, and bounded: it holds what was
/// fed and not yet taken, which is one piece and a delimiter.
class Multipart {
 public:
  static constexpr std::size_t kMaxPartHead = 8 * 1024;

  /// Takes the request's `Content-Type`. 400 when it is another type, or has no valid boundary.
  [[nodiscard]] static Result<Multipart> of(std::string_view content_type);

  enum class Step : std::uint8_t {
    more,      ///< Nothing can be said without more bytes.
    part,      ///< A part begins: `name()`.
    data,      ///< Bytes of the part: `bytes()`, valid until the next call.
    part_end,  ///< The part is complete.
    end        ///< The closing delimiter was there. What follows it is ignored.
  };
  /// Goes on by one step. Any fault is 400 `bad_request`, and ends the reading.
  [[nodiscard]] Result<Step> next();
  /// Adds bytes; after `more` alone.
  void feed(std::string_view bytes);
  /// Returns the error of a body that ends here, where `next()` wants more.
  [[nodiscard]] static Error cut_short();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  enum class State : std::uint8_t { preamble, delimiter, head, body, done };

  explicit Multipart(std::string_view boundary);
  Result<Step> read_delimiter();
  Result<Step> read_head();
  Result<Step> read_body();

  std::string delimiter_;        // with the line break before it, which belongs to it
  std::string buffer_ = "\r\n";  // so that a delimiter may stand at the beginning
  std::size_t at_ = 0;
  State state_ = State::preamble;
  std::string name_;
  std::string_view bytes_;
};

}  // namespace wye::vm
