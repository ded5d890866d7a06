#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/metrics.h"
#include "net/chunked_decoder.h"
#include "net/client_list.h"
#include "net/client_watch.h"
#include "net/exchange.h"
#include "net/head_parser.h"
#include "net/http_server.h"
#include "net/lazy_deadline.h"
#include "net/socket.h"

// One connection of an HttpServer, and the exchanges on it one after another.
namespace wye::net {

class HttpConnection;

/// What the connections of a server share with it.
struct ServerState {
  ServerState(boost::asio::io_context& context, Handler call, const ServerLimits& bounds)
      : io(context), handler(std::move(call)), limits(bounds) {}
  boost::asio::io_context& io;
  Handler handler;
  ServerLimits limits;
  std::unordered_set<HttpConnection*> connections;
  std::atomic<std::size_t> active = 0;  ///< Read by other threads.
  bool stopping = false;
  ClientList strangers, known;  ///< Who was not made welcome yet, and who was.
  OwnCounter open, bad_requests, bad_versions, gave_way;
};

class HttpConnection final : public Exchange,
                             public ClientWatch::Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Socket socket, std::shared_ptr<ServerState> server, DescriptorBudget::Place place,
                 std::string peer);
  ~HttpConnection() override;

  Task<void> run();
  /// Between two requests, with nothing of the next one here.
  [[nodiscard]] bool idle() const { return phase_ == Phase::idle; }
  void close();

  [[nodiscard]] const RequestHead& head() const override { return head_; }
  Task<Result<std::string>> read_body(std::size_t limit) override;
  Task<Result<std::size_t>> read_some(std::span<char> out) override;
  Task<Result<void>> respond(Response response) override;
  Task<Result<void>> start(int status, Headers headers) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> finish() override;
  void abort() override;
  [[nodiscard]] bool started() const override { return started_; }
  std::unique_ptr<ByteStream> hijack() override;
  Task<void> client_gone() override;
  void watch(std::function<void()> gone) override;
  void unwatch() override { watch_.stop(); }
  void welcome() override;

  Task<Result<std::size_t>> read_raw(std::span<char> out);
  Socket& socket() override { return socket_; }
  std::span<char> room() override;
  void took(std::size_t bytes) override { end_ += bytes; }

 private:
  enum class Phase { idle, head, handling, draining, hijacked, closing };

  Task<bool> serve_one();
  Task<bool> read_head();
  Task<bool> fill();
  Task<void> refuse(int status, std::string_view message);
  Task<void> linger();
  Task<bool> drain_body();
  void expect_body_within(std::chrono::milliseconds limit);
  Task<Result<void>> continue_if_expected();
  Task<Result<std::size_t>> read_length_body(std::span<char> out);
  Task<Result<std::size_t>> read_chunked_body(std::span<char> out);
  Task<Result<void>> send(std::span<iovec> parts);
  std::string render_head(int status, const Headers& headers, std::string_view framing_field);
  void begin_exchange(std::size_t head_bytes);
  void settle_keep_alive();
  bool give_way();
  void expect_within(std::chrono::milliseconds limit) { deadline_.set(limit); }
  void expect_nothing() { deadline_.clear(); }
  [[nodiscard]] std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);

  DescriptorBudget::Place place_;  // before the socket: given back after it is closed
  const std::string peer_;
  const std::chrono::steady_clock::time_point came_ = std::chrono::steady_clock::now();
  bool welcome_ = false;
  Socket socket_;
  std::shared_ptr<ServerState> server_;
  ClientList::Place listed_;
  ClientWatch watch_;
  LazyDeadline deadline_;  // what is awaited must have come by then
  bool first_request_ = true;
  bool timed_out_ = false;
  bool read_ended_ = false;  // an end is told once: a second read would wait for ever
  Phase phase_ = Phase::idle;

  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  HeadView view_;
  RequestHead head_;
  Framing body_framing_ = Framing::none;
  std::uint64_t body_left_ = 0;
  ChunkedDecoder chunks_;
  bool body_complete_ = true;
  std::chrono::steady_clock::time_point body_until_ = std::chrono::steady_clock::time_point::max();
  bool expects_continue_ = false;
  bool http10_ = false;
  bool keep_alive_ = true;

  bool started_ = false;
  bool finished_ = false;
  bool bodiless_ = false;  // HEAD, 204, 304
  bool chunked_answer_ = false;
  bool counted_answer_ = false;
  std::uint64_t answer_left_ = 0;
};

}  // namespace wye::net
