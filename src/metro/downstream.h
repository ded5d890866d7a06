#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "metro/leg_counters.h"
#include "net/exchange.h"
#include "net/head_parser.h"

namespace wye::metro {

/// What became of bytes for the client.
enum class Sent {
  all,
  blocked,  ///< `flush()` must be awaited before anything else is sent; the bytes must stay where they are
            ///< until then.
  failed,
};

/// The client's side of one forwarded call. Bodies are in their transfer framing, as the agent shall get them
/// and as it sent them. Used by one coroutine at a time for each direction.
class Downstream {
 public:
  virtual ~Downstream() = default;

  /// What the next answer is counted as; the agent's unless it is said.
  void answer_because(Reason reason) { reason_ = reason; }

  // The request.
  [[nodiscard]] virtual std::string_view method() const = 0;
  [[nodiscard]] virtual std::span<const net::FieldView> fields() const = 0;
  [[nodiscard]] virtual net::Framing framing() const = 0;
  [[nodiscard]] virtual std::uint64_t content_length() const = 0;
  [[nodiscard]] virtual std::string_view upgrade() const = 0;
  /// Body bytes that are here already; valid until the next read.
  virtual std::string_view take_body() = 0;
  [[nodiscard]] virtual bool body_complete() const = 0;
  /// The next body bytes; "" once it is complete.
  virtual net::Task<Result<std::string_view>> read_body() = 0;
  /// Ends a `read_body()` under way; the rest of the body is dropped.
  virtual void stop_body() = 0;

  // The answer.
  /// The agent's head, made fit for this connection, and the first bytes of the body behind it.
  virtual Sent put_head(const net::HeadView& head, std::string_view body) = 0;
  virtual Sent put_body(std::string_view body) = 0;
  virtual net::Task<bool> flush() = 0;
  /// After the last byte of the body.
  virtual net::Task<bool> finish() = 0;
  /// The same where `put_head` sent the whole answer.
  virtual void finished() = 0;
  /// A whole answer of the metro's own making.
  virtual net::Task<bool> respond(net::Response response) = 0;
  /// Breaks the connection, so that what was sent does not look complete.
  virtual void abort() = 0;

  /// Calls back once when the client goes away; at most one watch at a time, only when the body is complete.
  virtual void watch(std::function<void()> gone) = 0;
  virtual void unwatch() = 0;

  /// The connection as bytes, after an upgrade was granted: what was sent before `put_head` came back is out.
  virtual std::unique_ptr<net::ByteStream> take_over() = 0;

 protected:
  Reason reason_ = Reason::agent;
};

}  // namespace wye::metro
