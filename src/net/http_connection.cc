#include "net/http_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "base/encoding.h"

namespace wye::net {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kFirstBuffer = 4 * 1024;  // holds nearly every head
constexpr std::size_t kLingerBuffer = 64 * 1024;
constexpr std::uint64_t kLingerBytes = 256 * 1024 * 1024;
constexpr milliseconds kLingerTime{5'000};

const Error kCutBody{ErrorKind::disconnected, "disconnected", "the request's body was cut short"};
const Error kBadChunk{ErrorKind::invalid, "bad_request", "the request's body is not validly chunked"};
const Error kGone{ErrorKind::disconnected, "disconnected", "the client is gone"};

// Made outside of the coroutines: g++ 12 destroys aggregate temporaries inside of a co_await twice.
Response unanswered() {
  return error_response({ErrorKind::internal, "internal_error", "the request was not answered"});
}
Error error_of(ErrorKind kind, const char* code, std::string message, int status = 0) {
  return {kind, code, std::move(message), status};
}

class HijackedStream final : public ByteStream {
 public:
  explicit HijackedStream(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}
  ~HijackedStream() override { connection_->close(); }
  Task<Result<std::size_t>> read_some(std::span<char> out) override { return connection_->read_raw(out); }
  Task<Result<void>> write(std::string_view bytes) override { return send_all(connection_->socket(), bytes); }
  bool write_now(std::string_view bytes) override {
    return send_now(connection_->socket().native_handle(), bytes);
  }
  void shutdown_write() override {
    boost::system::error_code ignored;
    connection_->socket().shutdown(Socket::shutdown_send, ignored);
  }
  void close() override { connection_->close(); }

 private:
  std::shared_ptr<HttpConnection> connection_;  // shared with the coroutine that serves it
};

}  // namespace

HttpConnection::HttpConnection(Socket socket, std::shared_ptr<ServerState> server,
                               DescriptorBudget::Place place, std::string peer)
    : place_(std::move(place)),
      peer_(std::move(peer)),
      socket_(std::move(socket)),
      server_(std::move(server)),
      deadline_(server_->io, [this] {
        timed_out_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
      }) {
  buffer_.resize(kFirstBuffer);
  server_->connections.insert(this);
  server_->open.add();
  listed_ = server_->strangers.add(peer_, [this] { return give_way(); });
}

HttpConnection::~HttpConnection() {
  server_->connections.erase(this);
  server_->open.take();
}

void HttpConnection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
}

// A newcomer's place is wanted. Nothing is broken off: who is not known yet has been asked nothing of it, and
// who is known is between two requests.
bool HttpConnection::give_way() {
  const bool at_work = phase_ == Phase::handling || phase_ == Phase::hijacked;
  if (welcome_ ? phase_ != Phase::idle : at_work) return false;
  if (std::chrono::steady_clock::now() - came_ < server_->limits.time_to_speak) return false;
  close();
  server_->connections.erase(this);
  listed_.drop();
  place_ = DescriptorBudget::Place();
  server_->gave_way.add();
  return true;
}

void HttpConnection::welcome() {
  if (std::exchange(welcome_, true)) return;
  listed_ = server_->known.add(peer_, [this] { return give_way(); });
}

void HttpConnection::consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

Task<void> HttpConnection::run() {
  const auto self = shared_from_this();
  while (co_await serve_one()) {
  }
  if (phase_ != Phase::hijacked) close();
}

Task<bool> HttpConnection::serve_one() {
  if (!co_await read_head()) co_return false;
  ++server_->active;
  try {
    co_await server_->handler(*this);
  } catch (const std::exception&) {
    // What the handler could not turn into an answer becomes a 500 below, or a broken connection.
  }
  --server_->active;
  watch_.stop();  // from here on it is read again
  if (phase_ == Phase::hijacked) co_return false;
  if (!socket_.is_open()) co_return false;
  if (!started_) co_await respond(unanswered());
  if (!finished_) {
    abort();
    co_return false;
  }
  if (!keep_alive_ || server_->stopping || !co_await drain_body()) {
    co_await linger();
    co_return false;
  }
  co_return socket_.is_open();
}

// Reads more into the buffer; false at the end of the stream or when the deadline has passed.
Task<bool> HttpConnection::fill() {
  if (begin_ > 0 && end_ == buffer_.size()) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size())
    buffer_.resize(std::min(buffer_.size() * 2, std::max(server_->limits.head_bytes, kFirstBuffer)));
  if (end_ == buffer_.size()) co_return false;
  const auto [error, size] =
      co_await socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_), kAwait);
  end_ += size;
  read_ended_ = error && !timed_out_;
  co_return !error;
}

Task<bool> HttpConnection::read_head() {
  phase_ = Phase::idle;
  timed_out_ = false;
  if (server_->stopping && buffered().empty()) co_return false;
  std::size_t scanned = 0;
  bool timing_head = false;
  // Who has just come is expected to speak; who has spoken may keep its connection for a while.
  const bool first = std::exchange(first_request_, false);
  if (first || buffered().empty())
    expect_within(first ? server_->limits.head_timeout : server_->limits.idle_timeout);
  while (true) {
    if (!buffered().empty()) phase_ = Phase::head;
    const auto end = find_head_end(buffered(), scanned);
    auto fault = end.fault;
    if (fault == HeadFault::none && end.size > server_->limits.head_bytes) fault = HeadFault::too_large;
    if (fault == HeadFault::none) fault = parse_request_head(buffered().substr(0, end.size), view_);
    if (fault == HeadFault::none) {
      expect_nothing();
      begin_exchange(end.size);
      co_return true;
    }
    scanned = buffered().size();
    if (fault == HeadFault::incomplete && scanned >= server_->limits.head_bytes) fault = HeadFault::too_large;
    if (fault != HeadFault::incomplete) {
      co_await refuse(status_of(fault), describe(fault));
      co_return false;
    }
    if (!timing_head && scanned > 0) {
      timing_head = true;
      if (!first) expect_within(server_->limits.head_timeout);
    }
    if (!co_await fill()) {
      if (timed_out_ && !buffered().empty()) co_await refuse(408, "the request's head did not come in time");
      co_return false;
    }
  }
}

void HttpConnection::begin_exchange(std::size_t head_bytes) {
  head_.method = view_.method;
  head_.target = view_.target;
  head_.upgrade = view_.upgrade;
  head_.headers = Headers();
  for (const auto& field : view_.fields())
    head_.headers.add(std::string(field.name), std::string(field.value));
  body_framing_ = view_.framing;
  body_left_ = view_.framing == Framing::length ? view_.content_length : 0;
  body_complete_ = view_.framing == Framing::none;
  body_until_ = std::chrono::steady_clock::time_point::max();
  chunks_ = ChunkedDecoder();
  expects_continue_ = view_.expects_continue && view_.minor_version == 1 && !body_complete_;
  http10_ = view_.minor_version == 0;
  keep_alive_ = view_.keep_alive;
  started_ = finished_ = chunked_answer_ = counted_answer_ = false;
  bodiless_ = head_.method == "HEAD";
  answer_left_ = 0;
  phase_ = Phase::handling;
  consume(head_bytes);
}

Task<void> HttpConnection::refuse(int status, std::string_view message) {
  auto response = error_response(error_of(
      ErrorKind::invalid, status == 408 ? "request_timeout" : "bad_request", std::string(message), status));
  (status < 500 ? server_->bad_requests : server_->bad_versions).add();
  timed_out_ = false;
  phase_ = Phase::closing;
  keep_alive_ = false;
  started_ = bodiless_ = false;
  body_complete_ = true;
  co_await respond(std::move(response));
  co_await linger();
}

// Closing with unread bytes makes the kernel reset the connection, which may take the answer away from the
// client. So what still comes is read and dropped: a client that writes its whole body before it looks must
// see the answer. Time bounds it, and a number of bytes that only somebody who never stops reaches.
Task<void> HttpConnection::linger() {
  phase_ = Phase::closing;
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  if (error || (read_ended_ && !timed_out_)) co_return;
  timed_out_ = false;
  expect_within(kLingerTime);
  begin_ = end_ = 0;
  buffer_.resize(std::max(buffer_.size(), kLingerBuffer));
  for (std::uint64_t dropped = 0; dropped < kLingerBytes && !timed_out_;) {
    const auto [failed, size] = co_await socket_.async_read_some(asio::buffer(buffer_), kAwait);
    if (failed) co_return;
    dropped += size;
  }
}

void HttpConnection::expect_body_within(std::chrono::milliseconds limit) {
  body_until_ = std::min(body_until_, std::chrono::steady_clock::now() + limit);
}

Task<bool> HttpConnection::drain_body() {
  if (!body_complete_) expect_body_within(server_->limits.body_timeout);
  phase_ = Phase::draining;
  std::vector<char> dropped(body_complete_ ? 0 : 16 * 1024);
  while (!body_complete_) {
    const auto size = co_await read_some(dropped);
    if (!size) co_return false;
  }
  co_return true;
}

Task<Result<void>> HttpConnection::continue_if_expected() {
  if (!expects_continue_) co_return Result<void>();
  expects_continue_ = false;
  if (started_ || !buffered().empty()) co_return Result<void>();
  iovec line = part("HTTP/1.1 100 Continue\r\n\r\n");
  co_return co_await send(std::span<iovec>(&line, 1));
}

Task<Result<std::size_t>> HttpConnection::read_some(std::span<char> out) {
  if (body_complete_ || out.empty()) co_return std::size_t{0};
  if (read_ended_ && buffered().empty()) co_return kCutBody;
  if (auto sent = co_await continue_if_expected(); !sent) co_return sent.error();
  timed_out_ = false;
  const auto left = std::chrono::ceil<milliseconds>(body_until_ - std::chrono::steady_clock::now());
  expect_within(std::max(milliseconds(0), std::min(left, server_->limits.body_timeout)));
  Result<std::size_t> size = std::size_t{0};
  if (body_framing_ == Framing::length)
    size = co_await read_length_body(out);
  else
    size = co_await read_chunked_body(out);
  expect_nothing();
  if (!size) keep_alive_ = false;
  if (!size && timed_out_)
    co_return error_of(ErrorKind::timed_out, "request_timeout", "the request's body did not come in time",
                       408);
  co_return size;
}

Task<Result<std::size_t>> HttpConnection::read_length_body(std::span<char> out) {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), body_left_));
  std::size_t got = std::min(want, buffered().size());
  if (got > 0) {
    std::copy_n(buffered().data(), got, out.data());
    consume(got);
  } else {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(out.data(), want), kAwait);
    read_ended_ = error && !timed_out_;
    if (error) co_return kCutBody;
    got = size;
  }
  body_left_ -= got;
  body_complete_ = body_left_ == 0;
  co_return got;
}

Task<Result<std::size_t>> HttpConnection::read_chunked_body(std::span<char> out) {
  while (true) {
    // Looking at no more than `out` holds keeps every run of payload within it.
    const auto step = chunks_.next(buffered().substr(0, out.size()));
    std::copy(step.data.begin(), step.data.end(), out.begin());
    const auto got = step.data.size();
    consume(step.consumed);
    body_complete_ = chunks_.done();
    if (chunks_.failed()) co_return kBadChunk;
    if (got > 0 || body_complete_) co_return got;
    if (buffered().empty() && !co_await fill()) co_return kCutBody;
  }
}

Task<Result<std::string>> HttpConnection::read_body(std::size_t limit) {
  const auto too_large = error_of(ErrorKind::invalid, "payload_too_large",
                                  "the request's body is over " + std::to_string(limit) + " bytes", 413);
  if (body_framing_ == Framing::length && body_left_ > limit) co_return too_large;
  expect_body_within(server_->limits.whole_body_timeout);
  std::string body;
  while (!body_complete_) {
    const auto size = body.size();
    if (size > limit) co_return too_large;
    // One byte beyond the limit is enough to know that there is more.
    const auto known =
        body_framing_ == Framing::length ? static_cast<std::size_t>(body_left_) : std::size_t{64 * 1024};
    body.resize(size + std::min({known, limit + 1 - size, std::size_t{256 * 1024}}));
    auto got = co_await read_some(std::span<char>(body.data() + size, body.size() - size));
    if (!got) co_return got.error();
    body.resize(size + *got);
  }
  if (body.size() > limit) co_return too_large;
  co_return body;
}

Task<Result<void>> HttpConnection::send(std::span<iovec> parts) {
  if (!socket_.is_open()) co_return kGone;
  if (!send_now(socket_.native_handle(), parts)) {
    close();
    co_return kGone;
  }
  if (parts.empty()) co_return Result<void>();
  timed_out_ = false;
  expect_within(server_->limits.write_timeout);
  auto sent = co_await send_all(socket_, parts);
  expect_nothing();
  // Half a message was sent: nothing sensible can follow it.
  if (!sent) close();
  co_return sent;
}

std::unique_ptr<ByteStream> HttpConnection::hijack() {
  phase_ = Phase::hijacked;
  started_ = finished_ = true;
  watch_.stop();
  expect_nothing();
  return std::make_unique<HijackedStream>(shared_from_this());
}

Task<Result<std::size_t>> HttpConnection::read_raw(std::span<char> out) {
  if (!buffered().empty()) {
    const auto size = std::min(out.size(), buffered().size());
    std::copy_n(buffered().data(), size, out.data());
    consume(size);
    co_return size;
  }
  const auto [error, size] = co_await socket_.async_read_some(asio::buffer(out.data(), out.size()), kAwait);
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return connection_error(error);
  co_return size;
}

Task<void> HttpConnection::client_gone() {
  const auto self = shared_from_this();
  Timer gone(server_->io.get_executor(), Timer::time_point::max());
  struct Watching {
    ClientWatch& watch;
    const std::uint64_t number;
    ~Watching() { watch.stop(number); }
  };
  const Watching watching{watch_, watch_.start(self, [&gone] { gone.cancel(); })};
  co_await gone.async_wait(kAwait);
}

void HttpConnection::watch(std::function<void()> gone) { watch_.start(shared_from_this(), std::move(gone)); }

// While a body is under way its bytes are the handler's.
std::span<char> HttpConnection::room() {
  if (!body_complete_) return {};
  if (begin_ == end_) begin_ = end_ = 0;
  return std::span(buffer_).subspan(end_);
}

}  // namespace wye::net
