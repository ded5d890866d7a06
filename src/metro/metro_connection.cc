#include "metro/metro_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>

#include "base/encoding.h"
#include "metro/answers.h"
#include "metro/head_rewrite.h"
#include "metro/web_fields.h"

namespace wye::metro {

namespace asio = boost::asio;
using net::Framing;
using net::HeadFault;
using net::kAwait;

namespace {

constexpr std::size_t kFirstBuffer = 4 * 1024;  // holds nearly every head
constexpr std::size_t kHeadBytes = 32 * 1024;   // beyond: 431
constexpr std::size_t kJoinedBytes =
    2 * 1024;  // of a body: copying is cheaper than a second part of a message
constexpr std::size_t kBodyBytes = 64 * 1024;  // of a body in flight
constexpr std::size_t kDropBytes =
    256 * 1024;  // of a body nobody wanted, read so that the connection can be kept
constexpr std::uint64_t kLingerBytes = 256 * 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTime{5'000};

Error error_of(ErrorKind kind, const char* code, const char* message, int status = 0) {
  return {kind, code, message, status};
}

class TakenOver final : public net::ByteStream {
 public:
  explicit TakenOver(std::shared_ptr<MetroConnection> connection) : connection_(std::move(connection)) {}
  ~TakenOver() override { connection_->close(); }
  net::Task<Result<std::size_t>> read_some(std::span<char> out) override {
    return connection_->read_raw(out);
  }
  net::Task<Result<void>> write(std::string_view bytes) override {
    return net::send_all(connection_->socket(), bytes);
  }
  bool write_now(std::string_view bytes) override {
    return net::send_now(connection_->socket().native_handle(), bytes);
  }
  void shutdown_write() override {
    boost::system::error_code ignored;
    connection_->socket().shutdown(net::Socket::shutdown_send, ignored);
  }
  void close() override { connection_->close(); }

 private:
  std::shared_ptr<MetroConnection> connection_;  // shared with the coroutine that serves it
};

}  // namespace

MetroConnection::MetroConnection(net::Socket socket, std::shared_ptr<MetroWorker> worker,
                                 net::DescriptorBudget::Place place, std::string peer)
    : place_(std::move(place)),
      socket_(std::move(socket)),
      worker_(std::move(worker)),
      deadline_(worker_->io,
                [this] {
                  timed_out_ = true;
                  boost::system::error_code ignored;
                  socket_.cancel(ignored);
                }),
      peer_(std::move(peer)) {
  buffer_.resize(kFirstBuffer);
  worker_->connections.insert(this);
  worker_->counters.connections.add();
  listed_ = worker_->strangers.add(peer_, [this] { return give_way(); });
}

MetroConnection::~MetroConnection() {
  count_end();
  worker_->connections.erase(this);
  worker_->counters.connections.take();
}

void MetroConnection::count_end() {
  if (lasting_ != nullptr) std::exchange(lasting_, nullptr)->take();
}

void MetroConnection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
}

// A newcomer's place is wanted. Nothing is broken off: who brought no token yet has been asked nothing of it,
// and who did is between two requests.
bool MetroConnection::give_way() {
  const bool at_work = phase_ == Phase::handling || phase_ == Phase::taken_over;
  if (welcome_ ? phase_ != Phase::idle : at_work) return false;
  if (std::chrono::steady_clock::now() - came_ < worker_->options.time_to_speak) return false;
  close();
  worker_->connections.erase(this);
  listed_.drop();
  place_ = net::DescriptorBudget::Place();
  worker_->gave_way.add();
  return true;
}

void MetroConnection::welcome() {
  welcome_ = true;
  listed_ = worker_->known.add(peer_, [this] { return give_way(); });
}

// One coroutine for as long as the connection lives: what every request does is awaited in it directly,
// because each further coroutine would be one more allocation a request.
net::Task<> MetroConnection::run() {
  const auto self = shared_from_this();
  while (true) {
    std::size_t scanned = 0;
    auto step = buffered().empty() ? HeadStep::more : look_at_head(scanned);
    if (step == HeadStep::more && worker_->stopping) break;
    if (step == HeadStep::more) await_head(!buffered().empty());
    while (step == HeadStep::more) {
      if (!make_room()) break;
      const bool was_empty = buffered().empty();
      const auto [error, size] = co_await socket_.async_read_some(
          asio::buffer(buffer_.data() + end_, buffer_.size() - end_), kAwait);
      end_ += size;
      if (error) break;
      step = look_at_head(scanned);
      if (step == HeadStep::more && was_empty) await_head(true);
    }
    if (step != HeadStep::ready) {
      co_await end_after_head(step);
      break;
    }
    ++worker_->active;
    if (route())
      co_await worker_->proxy.forward(*this, request_);
    else
      co_await respond(std::move(own_));
    --worker_->active;
    watch_.stop();
    count_end();
    if (phase_ == Phase::taken_over || !socket_.is_open()) break;
    if (!answered_ || !finished_) {
      abort();
      break;
    }
    if (!keep_alive_ || worker_->stopping || (!body_.complete() && !co_await drop_body())) {
      co_await linger();
      break;
    }
    if (begin_ == end_) begin_ = end_ = 0;
    first_request_ = false;
  }
  close();
}

bool MetroConnection::make_room() {
  if (begin_ > 0 && end_ == buffer_.size()) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(std::min(buffer_.size() * 2, kHeadBytes));
  return end_ < buffer_.size();
}

void MetroConnection::await_head(bool begun) {
  timed_out_ = false;
  // Who has just come is expected to speak; the time for its first head runs from its coming on.
  const bool goes_on = begun && first_request_ && phase_ == Phase::idle;
  phase_ = begun ? Phase::head : Phase::idle;
  if (goes_on) return;
  deadline_.set(begun || first_request_ ? worker_->options.head_timeout : worker_->options.idle_timeout);
}

MetroConnection::HeadStep MetroConnection::look_at_head(std::size_t& scanned) {
  const auto end = net::find_head_end(buffered(), scanned);
  fault_ = end.fault;
  if (fault_ == HeadFault::none) fault_ = net::parse_request_head(buffered().substr(0, end.size), head_);
  scanned = buffered().size();
  if (fault_ == HeadFault::incomplete && scanned >= kHeadBytes) fault_ = HeadFault::too_large;
  if (fault_ == HeadFault::incomplete) return HeadStep::more;
  if (fault_ != HeadFault::none) return HeadStep::refused;
  deadline_.clear();
  begin_exchange(end.size);
  return HeadStep::ready;
}

// No further request: the head is not one, did not come in time, or the client has left.
net::Task<> MetroConnection::end_after_head(HeadStep step) {
  if (step == HeadStep::refused)
    co_await refuse(net::status_of(fault_), net::describe(fault_));
  else if (timed_out_ && !buffered().empty())
    co_await refuse(408, "the request's head did not come in time");
}

void MetroConnection::begin_exchange(std::size_t head_bytes) {
  begin_ += head_bytes;
  body_.begin(head_.framing, head_.content_length);
  body_until_ = std::chrono::steady_clock::time_point::max();
  body_stopped_ = false;
  expects_continue_ = head_.expects_continue && head_.minor_version == 1 && !body_.complete();
  keep_alive_ = head_.keep_alive;
  answered_ = finished_ = dechunk_ = false;
  reason_ = Reason::agent;
  unsent_ = {};
  phase_ = Phase::handling;
}

net::Task<> MetroConnection::refuse(int status, std::string_view message) {
  auto response =
      net::error_response(error_of(ErrorKind::invalid, status == 408 ? "request_timeout" : "bad_request",
                                   std::string(message).c_str(), status));
  response.headers.add("X-Wye-Source", "gateway");
  timed_out_ = false;
  phase_ = Phase::closing;
  keep_alive_ = false;
  body_.begin(Framing::none, 0);
  reason_ = Reason::bad_request;
  co_await respond(std::move(response));
  co_await linger();
}

// Closing with unread bytes makes the kernel reset the connection, which may take the answer away from the
// client. So what still comes is read and dropped: a client that writes its whole body before it looks must
// see the answer. Time bounds it, and a number of bytes that only somebody who never stops reaches.
net::Task<> MetroConnection::linger() {
  phase_ = Phase::closing;
  boost::system::error_code error;
  socket_.shutdown(net::Socket::shutdown_send, error);
  if (error) co_return;
  timed_out_ = false;
  deadline_.set(kLingerTime);
  body_buffer_.resize(kBodyBytes);
  for (std::uint64_t dropped = 0; dropped < kLingerBytes && !timed_out_;) {
    const auto [failed, size] = co_await socket_.async_read_some(asio::buffer(body_buffer_), kAwait);
    if (failed) co_return;
    dropped += size;
  }
}

std::chrono::milliseconds MetroConnection::body_time_left() const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(body_until_ - std::chrono::steady_clock::now());
  return std::max(std::chrono::milliseconds(0), left);
}

net::Task<bool> MetroConnection::drop_body() {
  // All of it, since a byte a minute could go on for days.
  phase_ = Phase::draining;
  body_until_ = std::chrono::steady_clock::now() + worker_->options.body_timeout;
  while (!body_.complete()) {
    take_body();
    if (body_.complete()) break;
    body_stopped_ = false;
    const auto piece = co_await read_body();
    if (!piece) co_return false;
  }
  co_return true;
}

std::string_view MetroConnection::take_body() {
  const auto size = body_.take(buffered());
  const auto bytes = buffered().substr(0, size);
  begin_ += size;
  return bytes;
}

net::Task<Result<std::string_view>> MetroConnection::read_body() {
  if (body_.complete()) co_return std::string_view();
  if (!body_.failed() && !body_stopped_) {
    if (expects_continue_ && begin_ == end_) {
      iovec line = net::part("HTTP/1.1 100 Continue\r\n\r\n");
      std::span<iovec> parts(&line, 1);
      if (!net::send_now(socket_.native_handle(), parts))
        co_return error_of(ErrorKind::disconnected, "disconnected", "");
    }
    expects_continue_ = false;
    body_buffer_.resize(kBodyBytes);
    timed_out_ = false;
    deadline_.set(std::min(worker_->options.body_timeout, body_time_left()));
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(body_buffer_), kAwait);
    deadline_.clear();
    if (timed_out_ && error)
      co_return error_of(ErrorKind::timed_out, "request_timeout", "the request's body did not come in time",
                         408);
    if (error)
      co_return error_of(ErrorKind::disconnected, "disconnected", "the request's body was cut short");
    const auto used = body_.take(std::string_view(body_buffer_.data(), size));
    if (!body_.failed()) {
      // What lies behind the body begins the next request.
      const auto rest = size - used;
      if (rest > buffer_.size() - end_)
        keep_alive_ = false;
      else
        std::copy_n(body_buffer_.data() + used, rest, buffer_.data() + std::exchange(end_, end_ + rest));
      co_return std::string_view(body_buffer_.data(), used);
    }
  }
  keep_alive_ = false;
  if (body_.failed())
    co_return error_of(ErrorKind::invalid, "bad_request", "the request's body is not validly chunked");
  co_return error_of(ErrorKind::cancelled, "cancelled", "the body is not wanted any more");
}

void MetroConnection::stop_body() {
  if (body_.complete() || body_stopped_) return;
  body_stopped_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void MetroConnection::settle_keep_alive() {
  if (worker_->stopping) keep_alive_ = false;
  if (body_.complete()) return;
  const bool small = body_.framing() == Framing::length && head_.content_length <= kDropBytes;
  if (!small || expects_continue_ || body_.failed()) keep_alive_ = false;
}

Sent MetroConnection::send(std::span<iovec> parts) {
  if (!socket_.is_open() || !net::send_now(socket_.native_handle(), parts)) return Sent::failed;
  unsent_ = parts;
  return parts.empty() ? Sent::all : Sent::blocked;
}

Sent MetroConnection::put_head(const net::HeadView& head, std::string_view body) {
  answered_ = true;
  lasting_ = worker_->counters.answer(reason_, head);
  settle_keep_alive();
  dechunk_ = head_.minor_version == 0 && head.framing == Framing::chunked;
  if (dechunk_ || head.framing == Framing::until_close) keep_alive_ = false;
  if (dechunk_) answer_.begin(Framing::chunked, 0);
  auto connection = !keep_alive_               ? ConnectionField::close
                    : head_.minor_version == 0 ? ConnectionField::keep_alive
                                               : ConnectionField::none;
  if (head.status == 101) connection = ConnectionField::upgrade;
  out_.clear();
  append_answer_head(
      out_, head,
      {.connection = connection, .dechunked = dechunk_, .web_page = is_from_web_page(head_.fields())});
  if (dechunk_) {
    payload_.clear();
    (void)answer_.take(body, &payload_);
    body = payload_;
  }
  if (body.size() <= kJoinedBytes) {
    out_.append(body);
    body = {};
  }
  parts_[0] = net::part(out_);
  parts_[1] = net::part(body);
  return send(parts_);
}

Sent MetroConnection::put_body(std::string_view body) {
  if (dechunk_) {
    payload_.clear();
    (void)answer_.take(body, &payload_);
    body = payload_;
  }
  parts_[0] = net::part(body);
  return send(std::span<iovec>(parts_, 1));
}

net::Task<bool> MetroConnection::flush() {
  auto sent = co_await net::send_all(socket_, unsent_);
  unsent_ = {};
  co_return sent.has_value();
}

net::Task<bool> MetroConnection::finish() {
  finished_ = true;
  co_return true;
}

net::Task<bool> MetroConnection::respond(net::Response response) {
  answered_ = finished_ = true;
  worker_->counters.answer(reason_, response.status);
  settle_keep_alive();
  out_.clear();
  out_.append("HTTP/1.1 ")
      .append(std::to_string(response.status))
      .append(" ")
      .append(net::reason_phrase(response.status))
      .append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (iequals(name, "content-length") || iequals(name, "transfer-encoding") || iequals(name, "connection"))
      continue;
    if (net::is_field_name(name) && net::is_field_value(value))
      out_.append(name).append(": ").append(value).append("\r\n");
  }
  if (response.status != 204)
    out_.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  if (!keep_alive_)
    out_.append("Connection: close\r\n");
  else if (head_.minor_version == 0)
    out_.append("Connection: keep-alive\r\n");
  out_.append("\r\n");
  payload_ = std::move(response.body);
  parts_[0] = net::part(out_);
  parts_[1] = net::part(head_.method == "HEAD" ? std::string_view() : std::string_view(payload_));
  const auto sent = send(parts_);
  if (sent == Sent::all) co_return true;
  timed_out_ = false;
  deadline_.set(worker_->options.proxy.stalled_client);
  const bool flushed = sent == Sent::blocked && co_await flush();
  deadline_.clear();
  if (!flushed) abort();
  co_return flushed;
}

void MetroConnection::abort() {
  if (!answered_) worker_->counters.answer(Reason::client_gone, Outcome::broken);
  answered_ = true;
  keep_alive_ = false;
  if (socket_.is_open()) {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);  // a reset, not an end
  }
  close();
}

std::unique_ptr<net::ByteStream> MetroConnection::take_over() {
  phase_ = Phase::taken_over;
  finished_ = true;
  return std::make_unique<TakenOver>(shared_from_this());
}

net::Task<Result<std::size_t>> MetroConnection::read_raw(std::span<char> out) {
  if (!buffered().empty()) {
    const auto size = std::min(out.size(), buffered().size());
    std::copy_n(buffered().data(), size, out.data());
    begin_ += size;
    co_return size;
  }
  const auto [error, size] = co_await socket_.async_read_some(asio::buffer(out.data(), out.size()), kAwait);
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return net::connection_error(error);
  co_return size;
}

}  // namespace wye::metro
