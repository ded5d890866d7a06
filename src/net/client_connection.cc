#include "net/client_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cassert>
#include <utility>

#include "net/answer_head.h"

namespace wye::net {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;        // of a body in flight
constexpr std::size_t kLargePieceBytes = 256 * 1024;  // of one that comes faster than it is passed on
constexpr std::uint64_t kLingerBytes = 256 * 1024 * 1024;
constexpr milliseconds kLingerTime{5'000};

const Error kCutBody{ErrorKind::disconnected, "disconnected", "the request's body was cut short"};
const Error kLateBody{ErrorKind::timed_out, "request_timeout", "the request's body did not come in time",
                      408};
const Error kBadChunk{ErrorKind::invalid, "bad_request", "the request's body is not validly chunked"};
const Error kUnwanted{ErrorKind::cancelled, "cancelled", "the body is not wanted any more"};
const Error kGone{ErrorKind::disconnected, "disconnected", "the client is gone"};
const Error kAnsweredTwice{ErrorKind::internal, "internal_error", "answered twice"};

class TakenOver final : public ByteStream {
 public:
  explicit TakenOver(std::shared_ptr<ClientConnection> connection) : connection_(std::move(connection)) {}
  ~TakenOver() override { connection_->close(); }
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
  int native_handle() const override { return connection_->socket().native_handle(); }
  Released release() override { return connection_->release_raw(); }

 private:
  std::shared_ptr<ClientConnection> connection_;  // shared with the coroutine that serves it
};

}  // namespace

ClientConnection::ClientConnection(Socket socket, std::shared_ptr<ConnectionSet> set,
                                   DescriptorBudget::Place place, std::string peer)
    : place_(std::move(place)),
      socket_(std::move(socket)),
      set_(std::move(set)),
      peer_(std::move(peer)),
      deadline_(set_->io,
                [this] {
                  timed_out_ = true;
                  boost::system::error_code ignored;
                  socket_.cancel(ignored);
                }),
      reader_(set_->limits.head_bytes) {
  set_->connections.insert(this);
  set_->open.add();
  listed_ = set_->strangers.add(peer_, [this] { return give_way(); });
}

ClientConnection::~ClientConnection() {
  set_->connections.erase(this);
  set_->open.take();
}

void ClientConnection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
}

// Closes the connection since a newcomer needs its place. It breaks nothing off: an unknown client has not
// been asked anything of yet, and a known one is between two requests.
bool ClientConnection::give_way() {
  const bool at_work = phase_ == Phase::handling || phase_ == Phase::taken_over;
  if (welcome_ ? phase_ != Phase::idle : at_work) return false;
  if (steady_clock::now() - came_ < set_->limits.time_to_speak) return false;
  close();
  set_->connections.erase(this);
  listed_.drop();
  place_ = DescriptorBudget::Place();
  set_->gave_way.add();
  return true;
}

void ClientConnection::welcome() {
  if (std::exchange(welcome_, true)) return;
  listed_ = set_->known.add(peer_, [this] { return give_way(); });
}

void ClientConnection::expect_within(milliseconds limit) {
  timed_out_ = false;
  deadline_.set(limit);
}

// Runs as one coroutine for as long as the connection lives. What every request does is awaited in it
// directly, because each further coroutine would be one more allocation for each request.
Task<> ClientConnection::run() {
  using Step = RequestReader::Step;
  const auto self = shared_from_this();
  while (true) {
    auto step = reader_.buffered().empty() ? Step::more : reader_.look();
    if (reader_.buffered().empty() && step == Step::more && set_->stopping) break;
    if (step == Step::more) await_head(!reader_.buffered().empty());
    while (step == Step::more) {
      const auto room = reader_.room();
      const bool was_empty = reader_.buffered().empty();
      const auto [error, size] =
          co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), kAwait);
      reader_.took(size);
      if (error) break;
      step = reader_.look();
      if (step == Step::more && was_empty) await_head(true);
    }
    if (step != Step::ready) {
      co_await end_after_head(step);
      break;
    }
    deadline_.clear();
    phase_ = Phase::handling;
    answer_ = Answer::none;
    body_stopped_ = false;
    body_until_ = steady_clock::time_point::max();
    unsent_ = {};
    set_->active.add();
    co_await handle();
    set_->active.take();
    watch_.stop();  // from here on the connection is read again
    handled();
    if (phase_ == Phase::taken_over || !socket_.is_open()) break;
    if (answer_ != Answer::whole) {
      abort();
      break;
    }
    bool goes_on = reader_.keep_alive() && !set_->stopping;
    if (goes_on && !reader_.body_complete()) {
      const bool dropped = co_await drop_body();
      goes_on = dropped && reader_.keep_alive();
    }
    if (!goes_on) {
      co_await linger();
      break;
    }
    reader_.next();
    first_request_ = false;
    if (piece_.size() > kPieceBytes) std::vector<char>().swap(piece_);
    full_pieces_ = false;
  }
  if (phase_ != Phase::taken_over) close();
}

void ClientConnection::await_head(bool begun) {
  // A new client is expected to speak: the time for its first head runs from its arrival.
  const bool goes_on = begun && first_request_ && phase_ == Phase::idle;
  phase_ = begun ? Phase::head : Phase::idle;
  if (goes_on) return;
  expect_within(begun || first_request_ ? set_->limits.head_timeout : set_->limits.idle_timeout);
}

// Ends without a further request: the head is not valid, did not come in time, or the client has left.
Task<> ClientConnection::end_after_head(RequestReader::Step step) {
  if (step == RequestReader::Step::refused) {
    co_await refuse(status_of(reader_.fault()), describe(reader_.fault()));
  } else if (timed_out_ && !reader_.buffered().empty()) {
    reader_.give_up();
    co_await refuse(408, "the request's head did not come in time");
  }
}

Task<> ClientConnection::refuse(int status, std::string_view message) {
  phase_ = Phase::closing;
  answer_ = Answer::none;
  auto response = refusal(status, message);
  co_await respond(std::move(response));
  co_await linger();
}

// Reads and drops what still comes. A close with unread bytes makes the kernel reset the connection, which
// may take the answer from the client, and a client that writes its whole body before it reads must see the
// answer. The loop is bounded in time and in bytes.
Task<> ClientConnection::linger() {
  phase_ = Phase::closing;
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  if (error || peer_ended_) co_return;
  expect_within(kLingerTime);
  piece_.resize(kPieceBytes);
  for (std::uint64_t dropped = 0; dropped < kLingerBytes && !timed_out_;) {
    const auto [failed, size] = co_await socket_.async_read_some(asio::buffer(piece_), kAwait);
    if (failed) co_return;
    dropped += size;
  }
}

void ClientConnection::limit_body(milliseconds limit) {
  body_until_ = std::min(body_until_, steady_clock::now() + limit);
}

Task<bool> ClientConnection::drop_body() {
  phase_ = Phase::draining;
  body_stopped_ = false;
  // The whole body has a limit, since a byte a minute could go on for days.
  limit_body(set_->limits.body_timeout);
  while (true) {
    (void)reader_.take_body();
    if (reader_.body_complete()) co_return true;
    const auto piece = co_await read_body();
    if (!piece) co_return false;
  }
}

Task<Result<std::string_view>> ClientConnection::read_body() {
  if (reader_.body_complete()) co_return std::string_view();
  if (!reader_.body_failed()) {
    piece_.resize(full_pieces_ ? kLargePieceBytes : kPieceBytes);
    const auto until = std::min(body_until_, steady_clock::now() + set_->limits.body_timeout);
    const auto size = co_await receive_body(piece_, until);
    if (!size) co_return size.error();
    full_pieces_ = full_pieces_ || *size == piece_.size();
    const auto used = reader_.came({piece_.data(), *size});
    if (!reader_.body_failed()) co_return std::string_view(piece_.data(), used);
  }
  reader_.end_after_this();
  co_return kBadChunk;
}

Task<Result<std::size_t>> ClientConnection::read_payload(std::span<char> out) {
  const auto until = std::min(body_until_, steady_clock::now() + set_->limits.body_timeout);
  while (!reader_.body_complete() && !out.empty()) {
    auto size = reader_.take_payload(out);
    if (size == 0 && !reader_.body_complete() && !reader_.body_failed()) {
      // Reads nothing behind a body whose length is known.
      const auto room =
          out.first(reader_.body_left() > 0
                        ? static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), reader_.body_left()))
                        : out.size());
      const auto got = co_await receive_body(room, until);
      if (!got) co_return got.error();
      size = reader_.unframe(room.first(*got));
    }
    if (size > 0) co_return size;
    if (reader_.body_failed()) {
      reader_.end_after_this();
      co_return kBadChunk;
    }
  }
  co_return std::size_t{0};
}

Task<Result<std::size_t>> ClientConnection::receive_body(std::span<char> room,
                                                         steady_clock::time_point until) {
  if (body_stopped_ || peer_ended_) {
    reader_.end_after_this();
    if (peer_ended_) co_return kCutBody;
    co_return kUnwanted;
  }
  if (reader_.take_continue() && answer_ == Answer::none) {
    // Does not wait: the answer may come while the body is read.
    if (!send_now(socket_.native_handle(), "HTTP/1.1 100 Continue\r\n\r\n")) {
      close();
      co_return kGone;
    }
  }
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
  expect_within(std::max(milliseconds(0), left));
  const auto [error, size] = co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), kAwait);
  deadline_.clear();
  if (!error) co_return size;
  reader_.end_after_this();
  if (timed_out_) co_return kLateBody;
  if (body_stopped_) co_return kUnwanted;
  peer_ended_ = error != asio::error::operation_aborted;
  co_return kCutBody;
}

void ClientConnection::stop_body() {
  if (reader_.body_complete() || body_stopped_) return;
  body_stopped_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

bool ClientConnection::begin_answer() {
  assert(answer_ == Answer::none);
  answer_ = Answer::begun;
  if (set_->stopping) reader_.end_after_this();
  reader_.settle();
  return reader_.keep_alive();
}

void ClientConnection::end_answer() {
  if (answer_ == Answer::broken) return;
  assert(answer_ == Answer::begun && unsent_.empty());
  answer_ = Answer::whole;
}

Sent ClientConnection::send(std::span<iovec> parts) {
  if (answer_ == Answer::broken) return Sent::failed;
  assert(answer_ == Answer::begun && unsent_.empty());
  if (!socket_.is_open() || !send_now(socket_.native_handle(), parts)) return Sent::failed;
  unsent_ = parts;
  return parts.empty() ? Sent::all : Sent::blocked;
}

Task<bool> ClientConnection::flush() {
  const auto sent = co_await send_all(socket_, std::exchange(unsent_, {}));
  co_return sent.has_value();
}

Task<Result<void>> ClientConnection::send_whole(std::span<iovec> parts) {
  assert(unsent_.empty());
  if (!socket_.is_open()) co_return kGone;
  if (!send_now(socket_.native_handle(), parts)) {
    close();
    co_return kGone;
  }
  if (parts.empty()) co_return Result<void>();
  expect_within(set_->limits.write_timeout);
  auto sent = co_await send_all(socket_, parts);
  deadline_.clear();
  // Half a message was sent: nothing can follow it.
  if (!sent) close();
  co_return sent;
}

Task<Result<void>> ClientConnection::respond(Response response) {
  if (answer_ != Answer::none) co_return kAnsweredTwice;
  const bool kept = begin_answer();
  const bool to_head = request().method == "HEAD";
  const auto head = whole_answer_head(response, to_head, connection_field(kept, request().minor_version));
  const bool bodiless = to_head || has_no_body(response.status);
  iovec parts[] = {part(head), part(bodiless ? std::string_view() : std::string_view(response.body))};
  auto sent = co_await send_whole(parts);
  if (sent) end_answer();
  co_return sent;
}

void ClientConnection::abort() {
  answer_ = Answer::broken;
  if (socket_.is_open()) {
    boost::system::error_code ignored;
    // The connection is reset instead of ended.
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  }
  close();
}

std::unique_ptr<ByteStream> ClientConnection::take_over() {
  phase_ = Phase::taken_over;
  answer_ = Answer::whole;
  watch_.stop();
  deadline_.clear();
  return std::make_unique<TakenOver>(shared_from_this());
}

Task<Result<std::size_t>> ClientConnection::read_raw(std::span<char> out) {
  if (const auto size = reader_.take_raw(out); size > 0) co_return size;
  const auto [error, size] = co_await socket_.async_read_some(asio::buffer(out.data(), out.size()), kAwait);
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return connection_error(error);
  co_return size;
}

ByteStream::Released ClientConnection::release_raw() {
  ByteStream::Released out;
  char piece[4096];
  while (const auto size = reader_.take_raw(piece)) out.unread.append(piece, size);
  boost::system::error_code ignored;
  if (socket_.is_open()) out.socket = UniqueFd(socket_.release(ignored));
  return out;
}

// While a body comes its bytes are the handler's.
std::span<char> ClientConnection::room() {
  return reader_.body_complete() ? reader_.room() : std::span<char>();
}

}  // namespace wye::net
