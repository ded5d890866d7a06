#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/client_list.h"
#include "net/client_watch.h"
#include "net/connection_set.h"
#include "net/exchange.h"
#include "net/lazy_deadline.h"
#include "net/request_reader.h"
#include "net/socket.h"

namespace wye::net {

/// What happened to bytes for a client.
enum class Sent : std::uint8_t {
  all,
  /// `flush()` must be awaited before anything else is sent; the bytes must stay where they are until then.
  blocked,
  failed,
};

/// One client's connection to a server: its requests one after another, with their limits and timeouts, and
/// an end after which the client still gets its last answer. The derived class decides what a request asks
/// for: `handle()`. Bodies are read with or without their framing. One io_context.
class ClientConnection : public ClientWatch::Connection,
                         public std::enable_shared_from_this<ClientConnection> {
 public:
  ~ClientConnection() override;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Serves the connection until it ends.
  Task<> run();
  /// Returns whether it is between two requests and has nothing of the next one.
  [[nodiscard]] bool idle() const { return phase_ == Phase::idle; }
  void close();
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] const ConnectionLimits& limits() const { return set_->limits; }
  /// Says that the client may be here: from now on its connection gives way to newcomers only between two
  /// requests.
  void welcome();

  // The request under way.

  [[nodiscard]] const HeadView& request() const { return reader_.head(); }
  [[nodiscard]] bool body_complete() const { return reader_.body_complete(); }
  /// Returns the bytes to come of a body whose length is known.
  [[nodiscard]] std::uint64_t body_left() const { return reader_.body_left(); }
  /// Returns the body's bytes that are here already, in their framing; valid until the next read.
  [[nodiscard]] std::string_view take_body() { return reader_.take_body(); }
  /// Reads the next bytes of the body in their framing, once `take_body()` has none; "" when it is complete.
  Task<Result<std::string_view>> read_body();
  /// Reads the next bytes of the body without framing; 0 = complete.
  Task<Result<std::size_t>> read_payload(std::span<char> out);
  /// Ends a read of the body that is under way. The body is not read further.
  void stop_body();
  /// Sets the time by which all of the body must have come.
  void limit_body(std::chrono::milliseconds limit);

  // Its answer.

  /// How much of the answer was sent. It only goes forward.
  enum class Answer : std::uint8_t {
    none,
    begun,   ///< A head.
    whole,   ///< All of it: another request may follow.
    broken,  ///< The connection is broken, so that the answer looks incomplete.
  };
  [[nodiscard]] Answer answer() const { return answer_; }
  /// Call it before the head of the answer is made. Returns whether the connection is kept after it.
  bool begin_answer();
  /// Ends the connection after the answer, when nothing else shows the client where the answer ends.
  void close_after_answer() { reader_.end_after_this(); }
  /// Sends what the kernel takes now.
  [[nodiscard]] Sent send(std::span<iovec> parts);
  /// Sends the rest of what was blocked; false when the client is gone. It has no time limit.
  Task<bool> flush();
  /// Sends all of it, within `write_timeout`.
  Task<Result<void>> send_whole(std::span<iovec> parts);
  void end_answer();
  /// Sends a whole answer.
  Task<Result<void>> respond(Response response);
  /// Breaks the connection, so that the answer does not look complete. Calls for the answer that come later
  /// do nothing.
  void abort();
  /// Returns the connection as bytes, after an upgrade. Its owner ends the connection.
  [[nodiscard]] std::unique_ptr<ByteStream> take_over();

  /// Calls back once when the client goes away; there is one watch at a time. Returns its number.
  std::uint64_t watch(std::function<void()> gone) {
    return watch_.start(shared_from_this(), std::move(gone));
  }
  void unwatch() { watch_.stop(); }
  void unwatch(std::uint64_t number) { watch_.stop(number); }

  // Of the watch and of the stream that took over.
  Socket& socket() override { return socket_; }
  std::span<char> room() override;
  void took(std::size_t bytes) override { reader_.took(bytes); }
  Task<Result<std::size_t>> read_raw(std::span<char> out);
  ByteStream::Released release_raw();

 protected:
  ClientConnection(Socket socket, std::shared_ptr<ConnectionSet> set, DescriptorBudget::Place place,
                   std::string peer);

  /// Answers the request. Awaited in `run()` directly: where it returns another coroutine's task, it costs no
  /// allocation.
  virtual Task<> handle() = 0;
  /// Called after `handle()`, before anything else is read.
  virtual void handled() {}
  /// Returns the answer to a request that is not valid.
  virtual Response refusal(int status, std::string_view message) = 0;

 private:
  enum class Phase : std::uint8_t { idle, head, handling, draining, taken_over, closing };

  void await_head(bool begun);
  Task<> end_after_head(RequestReader::Step step);
  Task<> refuse(int status, std::string_view message);
  Task<> linger();
  Task<bool> drop_body();
  Task<Result<std::size_t>> receive_body(std::span<char> room, std::chrono::steady_clock::time_point until);
  bool give_way();
  void expect_within(std::chrono::milliseconds limit);

  DescriptorBudget::Place place_;  // before the socket, so that it is given back after the socket is closed
  Socket socket_;
  const std::shared_ptr<ConnectionSet> set_;  // shared by the server and its connections
  const std::string peer_;
  const std::chrono::steady_clock::time_point came_ = std::chrono::steady_clock::now();
  ClientList::Place listed_;
  ClientWatch watch_;
  LazyDeadline deadline_;   // when what is awaited must have come
  bool timed_out_ = false;  // whether the deadline has passed since it was last set, and has ended a wait

  // Three facts about the connection, each of which may hold with any other.
  bool first_request_ = true;
  bool welcome_ = false;
  bool peer_ended_ = false;  // the client's end was told once: a second read would wait for ever

  // The state of the request under way. `answer_` and `body_stopped_` mean something in `handling` and
  // `draining` only.
  Phase phase_ = Phase::idle;
  Answer answer_ = Answer::none;
  bool body_stopped_ = false;
  RequestReader reader_;
  std::vector<char> piece_;   // holds bodies, and what is dropped; made on first use
  bool full_pieces_ = false;  // whether a piece of the present body was full
  std::chrono::steady_clock::time_point body_until_;
  std::span<iovec> unsent_;
};

}  // namespace wye::net
