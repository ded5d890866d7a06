#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wye::net {

/// Decodes the chunked transfer coding in place. Strict: CRLF only, at most 15 hex digits, bounded extensions
/// and trailers, so that the bytes may also be forwarded unchanged.
class ChunkedDecoder {
 public:
  static constexpr std::size_t kMaxLineBytes = 256;      ///< A size line with its extensions.
  static constexpr std::size_t kMaxTrailerBytes = 4096;  ///< All trailers together.

  struct Step {
    std::size_t consumed = 0;  ///< Bytes taken from the front of the input.
    std::string_view data;     ///< The payload among them, at their end; may be empty.
  };
  /// Takes framing up to and including the next run of payload. Nothing is consumed once `done()` or
  /// `failed()`.
  Step next(std::string_view in);
  [[nodiscard]] bool done() const { return state_ == State::done; }
  [[nodiscard]] bool failed() const { return state_ == State::failed; }

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_lf,
    done,
    failed
  };
  void take(char c);

  State state_ = State::size;
  std::uint64_t left_ = 0;
  std::size_t line_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  int digits_ = 0;
};

}  // namespace wye::net
