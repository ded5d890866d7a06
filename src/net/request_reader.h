#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "net/body_progress.h"
#include "net/head_parser.h"

namespace wye::net {

/// The requests of one connection, one after another, from bytes in any cut: where a head ends, which bytes
/// belong to its body, whether the client waits for a 100, and whether another request may follow. Strict and
/// pure: it knows no socket and no time. Both servers read their clients through it.
///
/// The order of calls, which is asserted:
///   `room()`, `took()`, `look()` until a head is there or refused;
///   the body by `take_body()` and `came()`, or by `take_payload()` and `unframe()`;
///   `settle()` once, before the head of the answer is made;
///   `next()` once the body is complete, if `keep_alive()`.
class RequestReader {
 public:
  static constexpr std::size_t kFirstBuffer = 4 * 1024;  ///< Holds nearly every head.
  /// The most that is read of an unwanted body so that the connection can be kept. Beyond it the connection
  /// closes.
  static constexpr std::uint64_t kDropBytes = 256 * 1024;

  /// Refuses heads larger than `head_bytes`.
  explicit RequestReader(std::size_t head_bytes);

  // The bytes.

  /// Returns where the next bytes go; never empty between two requests. While a request is handled nothing is
  /// moved, so that views into its head stay valid, and there may be no room left.
  [[nodiscard]] std::span<char> room();
  void took(std::size_t bytes);
  /// Returns what has come and was not taken yet.
  [[nodiscard]] std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }

  // The head.

  enum class Step : std::uint8_t {
    more,     ///< The head is not complete.
    ready,    ///< `head()` is the next request's.
    refused,  ///< The head is not valid; `fault()` says why. The connection has no further request.
  };
  [[nodiscard]] Step look();
  [[nodiscard]] HeadFault fault() const { return fault_; }
  /// Stops waiting for the rest of a head.
  void give_up();
  /// Returns the head of the request that is handled; valid until `next()`.
  [[nodiscard]] const HeadView& head() const { return head_; }

  // Its body.

  [[nodiscard]] bool body_complete() const { return body_.complete(); }
  /// Returns whether the chunks are not valid.
  [[nodiscard]] bool body_failed() const { return body_.failed(); }
  /// Returns the bytes that are still to come of a body whose length is known.
  [[nodiscard]] std::uint64_t body_left() const { return body_.left(); }
  /// Returns the body's bytes that are here, in their framing; valid until `next()`.
  [[nodiscard]] std::string_view take_body();
  /// Puts payload into `out`, without framing, and returns how many bytes.
  [[nodiscard]] std::size_t take_payload(std::span<char> out);
  /// Takes bytes that were read into the caller's own memory once nothing was buffered, and returns how many
  /// of them are the body's. Those behind it begin the next request and are kept; where there is no room for
  /// them, no request can follow.
  [[nodiscard]] std::size_t came(std::string_view piece);
  /// Does the same without framing: moves the payload to the front of `piece` and returns how many bytes it
  /// has.
  [[nodiscard]] std::size_t unframe(std::span<char> piece);
  /// Returns whether "100 Continue" is to be sent before the body is waited for; true at most once for a
  /// request, and only where the client waits.
  [[nodiscard]] bool take_continue();

  /// Puts into `out` what came behind the head, after an upgrade, and returns how many bytes.
  [[nodiscard]] std::size_t take_raw(std::span<char> out);

  // What follows.

  /// Decides, before the head of the answer, whether another request may come, by what is left of this one's
  /// body. The rest of a chunked body has no known length, and a client that still waits for a 100 may send
  /// its body or not.
  void settle();
  /// Ends the connection with this request.
  void end_after_this() { keep_alive_ = false; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  /// Begins to read the next request.
  void next();

 private:
  enum class State : std::uint8_t { head, request, refused };

  void keep_for_next(std::string_view bytes);

  const std::size_t head_bytes_;
  State state_ = State::head;
  HeadFault fault_ = HeadFault::none;
  bool expects_continue_ = false;  // the client waits for a 100, and none was sent
  bool keep_alive_ = true;

  std::vector<char> buffer_;  // heads, and what came behind them
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;  // how many buffered bytes hold no end of a head
  HeadView head_;
  BodyProgress body_;
};

}  // namespace wye::net
