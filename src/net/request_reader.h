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
  /// Of a body that nobody wanted: read so that the connection can be kept. Beyond it the connection closes.
  static constexpr std::uint64_t kDropBytes = 256 * 1024;

  /// A larger head than `head_bytes` is refused.
  explicit RequestReader(std::size_t head_bytes);

  // The bytes.

  /// Where the next bytes go; never empty between two requests. While a request is handled nothing is moved,
  /// so that views into its head stay valid, and there may be no room left.
  [[nodiscard]] std::span<char> room();
  void took(std::size_t bytes);
  /// What has come and was not taken yet.
  [[nodiscard]] std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }

  // The head.

  enum class Step : std::uint8_t {
    more,     ///< The head is not complete.
    ready,    ///< `head()` is the next request's.
    refused,  ///< It is none; `fault()` says why. The connection has no further request.
  };
  [[nodiscard]] Step look();
  [[nodiscard]] HeadFault fault() const { return fault_; }
  /// What is here of a head is not waited for any more.
  void give_up();
  /// Of the request that is handled; valid until `next()`.
  [[nodiscard]] const HeadView& head() const { return head_; }

  // Its body.

  [[nodiscard]] bool body_complete() const { return body_.complete(); }
  /// The chunks are none.
  [[nodiscard]] bool body_failed() const { return body_.failed(); }
  /// Bytes that are still to come of a body whose length is known.
  [[nodiscard]] std::uint64_t body_left() const { return body_.left(); }
  /// The body's bytes that are here, in their framing; valid until `next()`.
  [[nodiscard]] std::string_view take_body();
  /// The same without framing: how many bytes of payload were put into `out`.
  [[nodiscard]] std::size_t take_payload(std::span<char> out);
  /// Bytes that were read into the caller's own memory once nothing was buffered: how many of them are the
  /// body's. Those behind it begin the next request and are kept; where there is no room for them, none can
  /// follow.
  [[nodiscard]] std::size_t came(std::string_view piece);
  /// The same without framing: the payload is moved to the front of `piece`; how many bytes it has.
  [[nodiscard]] std::size_t unframe(std::span<char> piece);
  /// Whether "100 Continue" is to be sent before the body is waited for; true at most once a request, and not
  /// where the client did not wait.
  [[nodiscard]] bool take_continue();

  /// What came behind the head, whatever it is: how many bytes of it were put into `out`. After an upgrade.
  [[nodiscard]] std::size_t take_raw(std::span<char> out);

  // What follows.

  /// Before the head of the answer: whether another request may come is decided by what is left of this one's
  /// body. What is left of a chunked body nobody knows, and a client that still waits for a 100 may send its
  /// body or not.
  void settle();
  /// The connection ends with this request.
  void end_after_this() { keep_alive_ = false; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  /// From here on the next request is read.
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
  std::size_t scanned_ = 0;  // of the buffered bytes, without the end of a head among them
  HeadView head_;
  BodyProgress body_;
};

}  // namespace wye::net
