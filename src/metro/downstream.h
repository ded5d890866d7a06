#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "metro/leg_counters.h"
#include "net/client_connection.h"

namespace wye::metro {

using net::Sent;

/// The client's side of one forwarded call, on either leg. Bodies pass in their transfer framing, as the
/// agent is to get them and as it sent them; only a client of HTTP/1.0 gets the payload alone. Answers are
/// counted here. Used by one coroutine at a time for each direction.
///
/// The order of calls, which the connection asserts:
///   the request: `take_body()`, then `read_body()` until it is complete, or `stop_body()`;
///   the answer, one of: `respond()`;
///                       `put_head()`, any number of `put_body()`, `finish()`;
///                       `put_head()` of a 101, `take_over()`;
///   after each `blocked` a `flush()`; instead of any further call, `abort()`.
class Downstream {
 public:
  /// The arguments must outlive the object.
  Downstream(net::ClientConnection& client, LegCounters& counters) : client_(client), counters_(counters) {}
  ~Downstream() { end(); }
  Downstream(const Downstream&) = delete;
  Downstream& operator=(const Downstream&) = delete;

  /// Says that the connection has a new request.
  void begin();
  /// Says that its answer lasts no longer.
  void end();
  /// Sets what the next answer is counted as; without it, the agent's.
  void answer_because(Reason reason) { reason_ = reason; }

  // The request.
  [[nodiscard]] std::string_view method() const { return client_.request().method; }
  [[nodiscard]] std::span<const net::FieldView> fields() const { return client_.request().fields(); }
  [[nodiscard]] net::Framing framing() const { return client_.request().framing; }
  [[nodiscard]] std::uint64_t content_length() const { return client_.request().content_length; }
  [[nodiscard]] std::string_view upgrade() const { return client_.request().upgrade; }
  [[nodiscard]] std::string_view take_body() { return client_.take_body(); }
  [[nodiscard]] bool body_complete() const { return client_.body_complete(); }
  net::Task<Result<std::string_view>> read_body() { return client_.read_body(); }
  void stop_body() { client_.stop_body(); }

  // Begins the answer with the agent's head, made fit for this connection, and the first bytes of the body
  // behind it.
  [[nodiscard]] Sent put_head(const net::HeadView& head, std::string_view body);
  [[nodiscard]] Sent put_body(std::string_view body);
  net::Task<bool> flush() { return client_.flush(); }
  /// Ends the answer after the last byte of the body.
  void finish() { client_.end_answer(); }
  /// Sends a whole answer that the metro has made.
  net::Task<> respond(net::Response response);
  /// Breaks the connection, so that the answer does not look complete.
  void abort();

  /// Calls back once when the client goes away. There is at most one watch at a time, and only when the body
  /// is complete.
  void watch(std::function<void()> gone) { (void)client_.watch(std::move(gone)); }
  void unwatch() { client_.unwatch(); }
  /// Returns the connection as bytes, after an upgrade was granted.
  [[nodiscard]] std::unique_ptr<net::ByteStream> take_over() { return client_.take_over(); }

 private:
  std::string_view fit(std::string_view body);

  net::ClientConnection& client_;
  LegCounters& counters_;
  Reason reason_ = Reason::agent;
  OwnCounter* lasting_ = nullptr;  // the counter of open answers in which an answer that lasts is counted
  bool dechunks_ = false;          // HTTP/1.0 cannot read chunks
  net::BodyProgress chunks_;       // of the answer, where it is unframed
  std::string out_;                // the answer's head, and other bytes that must stay until they are flushed
  std::string payload_;
  iovec parts_[2] = {};
};

}  // namespace wye::metro
