#include "net/endpoint_client.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <vector>

#include "base/encoding.h"
#include "net/chunked_decoder.h"
#include "net/head_parser.h"
#include "net/socket.h"

namespace wye::net {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxHeadBytes = 32 * 1024;
constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr int kMaxInterimHeads = 8;

Error error_of(ErrorKind kind, const char* code, const char* message, int status = 0) {
  return {kind, code, message, status};
}
Error bad_answer() {
  return error_of(ErrorKind::disconnected, "upstream_unavailable", "the answer is not valid HTTP/1.1");
}
Error cut_answer() { return error_of(ErrorKind::disconnected, "disconnected", "the answer was cut short"); }

std::string render(const EndpointRequest& request) {
  std::string out =
      request.method + " " + request.target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  for (const auto& [name, value] : request.headers) {
    if (iequals(name, "host") || iequals(name, "connection") || iequals(name, "content-length") ||
        iequals(name, "transfer-encoding") || !is_field_name(name) || !is_field_value(value))
      continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH")
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return out + "\r\n";
}

class Call final : public EndpointStream {
 public:
  Call(Socket socket, bool to_head)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), to_head_(to_head) {
    buffer_.resize(kBufferBytes);
  }

  [[nodiscard]] int status() const override { return status_; }
  [[nodiscard]] const Headers& headers() const override { return headers_; }

  // Ends what is awaited when the time is over; the socket is closed, so a late answer is not taken for
  // another's.
  void expire_at(steady_clock::time_point at) {
    armed_ = true;
    timer_.expires_at(at);
    // The handler may be queued already when the call is dropped, stopped or given more time.
    timer_.async_wait([this, alive = std::weak_ptr<char>(alive_)](const boost::system::error_code& error) {
      if (error || alive.expired() || !armed_ || steady_clock::now() < timer_.expiry()) return;
      timed_out_ = true;
      boost::system::error_code ignored;
      socket_.close(ignored);
    });
  }
  void stop_timer() {
    armed_ = false;
    timer_.cancel();
  }

  [[nodiscard]] Error failure(const Error& other) const {
    return timed_out_ ? error_of(ErrorKind::timed_out, "timed_out", "there was no answer in time") : other;
  }

  Task<Result<void>> exchange(const EndpointRequest& request) {
    const auto head = render(request);
    iovec parts[] = {part(head), part(request.body)};
    auto sent = co_await send_all(socket_, std::span<iovec>(parts));
    // An agent may answer and close before it has read everything; its answer is still worth reading.
    if (!sent && timed_out_) co_return failure(sent.error());
    for (int interim = 0; interim < kMaxInterimHeads; ++interim) {
      auto got = co_await read_head();
      if (!got) co_return failure(got.error());
      if (status_ >= 200) co_return Result<void>();
      if (status_ == 101) break;
    }
    co_return bad_answer();
  }

  Task<Result<std::size_t>> read_some(std::span<char> out, milliseconds wait) override {
    if (complete_ || out.empty()) co_return std::size_t{0};
    if (wait.count() > 0) expire_at(steady_clock::now() + wait);
    auto got = co_await read_piece(out);
    if (wait.count() > 0) stop_timer();
    if (!got) co_return failure(got.error());
    co_return got;
  }

  Task<Result<std::size_t>> read_piece(std::span<char> out) {
    while (!complete_) {
      std::size_t got = 0;
      if (framing_ == Framing::chunked) {
        const auto step = chunks_.next(buffered().substr(0, out.size()));
        got = step.data.size();
        std::copy(step.data.begin(), step.data.end(), out.begin());
        begin_ += step.consumed;
        complete_ = chunks_.done();
        if (chunks_.failed()) co_return bad_answer();
      } else {
        got = std::min(out.size(), buffered().size());
        if (framing_ == Framing::length) got = static_cast<std::size_t>(std::min<std::uint64_t>(got, left_));
        std::copy_n(buffered().data(), got, out.data());
        begin_ += got;
        left_ -= framing_ == Framing::length ? got : 0;
        complete_ = framing_ == Framing::length && left_ == 0;
      }
      if (got > 0) co_return got;
      if (complete_) break;
      const auto filled = co_await fill();
      if (!filled) co_return filled.error();
      if (*filled > 0) continue;
      if (framing_ != Framing::until_close) co_return cut_answer();
      complete_ = true;
    }
    co_return std::size_t{0};
  }

 private:
  [[nodiscard]] std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }

  Task<Result<std::size_t>> fill() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (ended_) co_return std::size_t{0};
    const auto [error, size] =
        co_await socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_), kAwait);
    ended_ = static_cast<bool>(error);
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error) co_return connection_error(error);
    end_ += size;
    co_return size;
  }

  Task<Result<void>> read_head() {
    std::size_t scanned = 0;
    while (true) {
      const auto end = find_head_end(buffered(), scanned);
      if (end.fault == HeadFault::none) {
        if (parse_response_head(buffered().substr(0, end.size), to_head_, view_) != HeadFault::none)
          co_return bad_answer();
        status_ = view_.status;
        headers_ = Headers();
        for (const auto& field : view_.fields())
          headers_.add(std::string(field.name), std::string(field.value));
        framing_ = view_.framing;
        left_ = view_.content_length;
        complete_ = framing_ == Framing::none;
        begin_ += end.size;
        co_return Result<void>();
      }
      scanned = buffered().size();
      if (end.fault != HeadFault::incomplete || scanned >= kMaxHeadBytes) co_return bad_answer();
      const auto filled = co_await fill();
      if (!filled) co_return filled.error();
      if (*filled == 0) co_return cut_answer();
    }
  }

  Socket socket_;
  Timer timer_;
  bool to_head_;
  bool armed_ = false;
  bool timed_out_ = false;
  // The timer holds a weak pointer to it, which tells whether this object still exists.
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  HeadView view_;
  int status_ = 0;
  Headers headers_;
  Framing framing_ = Framing::none;
  std::uint64_t left_ = 0;
  ChunkedDecoder chunks_;
  bool complete_ = false;
  bool ended_ = false;  // an end is told once: a second read would wait for ever
};

bool is_sendable(const EndpointRequest& request) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  return is_field_name(request.method) && !request.target.empty() && request.target.front() == '/' &&
         std::none_of(request.target.begin(), request.target.end(), bad);
}

Task<Result<std::unique_ptr<Call>>> open_call(const Endpoint& to, const EndpointRequest& request) {
  if (!is_sendable(request))
    co_return error_of(ErrorKind::invalid, "invalid_input", "not a request that can be sent");
  auto fd = connect(to);
  if (!fd) co_return fd.error();
  const auto executor = co_await asio::this_coro::executor;
  auto call =
      std::make_unique<Call>(adopt_socket(executor.context(), std::move(*fd)), request.method == "HEAD");
  call->expire_at(steady_clock::now() + request.deadline);
  auto done = co_await call->exchange(request);
  if (!done) co_return done.error();
  co_return std::move(call);
}

}  // namespace

Task<Result<std::unique_ptr<EndpointStream>>> endpoint_open(Endpoint to, EndpointRequest request) {
  auto call = co_await open_call(to, request);
  if (!call) co_return call.error();
  (*call)->stop_timer();
  std::unique_ptr<EndpointStream> stream = std::move(*call);
  co_return std::move(stream);
}

Task<Result<Response>> endpoint_request(Endpoint to, EndpointRequest request) {
  auto opened = co_await open_call(to, request);
  if (!opened) co_return opened.error();
  auto& call = **opened;
  Response response;
  response.status = call.status();
  response.headers = call.headers();
  std::vector<char> block(16 * 1024);
  while (true) {
    auto got = co_await call.read_piece(block);
    if (!got) co_return call.failure(got.error());
    if (*got == 0) break;
    if (response.body.size() + *got > request.max_answer_bytes)
      co_return error_of(ErrorKind::invalid, "payload_too_large", "the answer is larger than was asked for");
    response.body.append(block.data(), *got);
  }
  co_return std::move(response);
}

}  // namespace wye::net
