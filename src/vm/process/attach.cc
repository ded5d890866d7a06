#include "vm/process/attach.h"

#include <poll.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json/serialize.hpp>

#include "net/ws_frames.h"
#include "net/ws_handshake.h"
#include "net/ws_messages.h"
#include "vm/process/process_request.h"

namespace wye::vm {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using Kind = net::WsMessages::Kind;

namespace {

constexpr std::size_t kMostMessage = 1u << 20;  // vm-api §9
constexpr std::size_t kMostInput = 1u << 20;    // that the process has not taken; beyond it the client waits
constexpr std::size_t kMostAtOnce = 64 * 1024;
constexpr std::chrono::milliseconds kTakesWithin{60'000};  // a client that reads nothing is gone
constexpr std::chrono::milliseconds kLeavesWithin{5'000};  // a client that was told the end
constexpr std::chrono::milliseconds kLooksAgain{250};
constexpr std::uint16_t kEnded = 1000, kNoCode = 1005;

std::string complaint_of(const Error& error) {
  return boost::json::serialize(
      boost::json::object{{"type", "error"}, {"code", error.code}, {"message", error.message}});
}

// One client and its process. It lives in the frame of `attach`.
class Attached {
 public:
  Attached(asio::io_context& io, std::shared_ptr<Process> process, std::unique_ptr<net::ByteStream> stream)
      : process_(std::move(process)),
        stream_(std::move(stream)),
        reader_(process_->add_reader()),
        input_came_(io),
        input_taken_(io),
        deadline_(io, [this] { leave(); }) {}
  ~Attached() { detach(); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

  /// `granted` is the head of the 101.
  net::Task<> run(std::string granted) {
    using namespace asio::experimental::awaitable_operators;
    const auto sent = co_await stream_->write(granted);
    if (sent) co_await (send() && receive() && pass_input());
  }

 private:
  net::Task<> send();
  [[nodiscard]] std::string next_to_send();
  [[nodiscard]] std::string last_to_send(std::string frames);
  net::Task<> receive();
  net::Task<> take_input(std::string_view bytes);
  void take(const net::WsMessages::Message& message);
  net::Task<> pass_input();
  void close_with(std::uint16_t code, std::string_view reason);
  void leave();
  void detach();
  [[nodiscard]] bool client_has_left() const;

  const std::shared_ptr<Process> process_;
  const std::unique_ptr<net::ByteStream> stream_;
  std::shared_ptr<Process::Reader> reader_;
  bool attached_ = true;
  /// It only goes forward.
  enum class State : std::uint8_t { open, told_the_end, over } state_ = State::open;
  std::string input_;  // that the process has not taken
  net::Wakeup input_came_, input_taken_;
  // What is to be sent besides output: of each the latest.
  std::string pong_, complaint_, close_;
  net::LazyDeadline deadline_;
};

// Ends everything that waits here.
void Attached::leave() {
  state_ = State::over;
  detach();
  stream_->close();
  process_->changed().notify();
  input_came_.notify();
  input_taken_.notify();
}

void Attached::detach() {
  if (std::exchange(attached_, false)) process_->detach();
  reader_.reset();
}

net::Task<> Attached::send() {
  while (state_ == State::open) {
    const auto frames = next_to_send();
    if (frames.empty()) {
      co_await process_->changed().wait();
      continue;
    }
    deadline_.set(kTakesWithin);
    const auto sent = co_await stream_->write(frames);
    if (!sent) co_return leave();
    deadline_.clear();
  }
  if (state_ == State::over) co_return;
  stream_->shutdown_write();
  deadline_.set(kLeavesWithin);
}

std::string Attached::next_to_send() {
  std::string frames;
  if (!close_.empty()) return last_to_send(std::move(close_));
  if (!pong_.empty()) frames += std::exchange(pong_, {});
  if (!complaint_.empty()) net::append_ws_message(frames, Kind::text, std::exchange(complaint_, {}));
  auto& ring = process_->ring();
  auto at = std::max(reader_->at, ring.begin());  // what is before was overwritten
  while (frames.size() < kMostAtOnce) {
    const auto piece = ring.at(at);
    if (piece.bytes.empty()) break;
    net::append_ws_message(frames, Kind::binary, piece.bytes);
    at += piece.bytes.size();
  }
  if (at != reader_->at) process_->move(*reader_, at);
  const auto code = process_->exit_code();
  if (!frames.empty() || !code) return frames;
  net::append_ws_message(frames, Kind::text, R"({"type":"exit","exitCode":)" + std::to_string(*code) + "}");
  return last_to_send(frames + net::ws_close_frame(kEnded, ""));
}

// The next client may come as soon as this one sees the end.
std::string Attached::last_to_send(std::string frames) {
  state_ = State::told_the_end;
  detach();
  input_came_.notify();
  input_taken_.notify();
  return frames;
}

net::Task<> Attached::receive() {
  net::WsMessages messages(kMostMessage);
  std::vector<char> block(kMostAtOnce);
  while (state_ != State::over) {
    const auto got = co_await stream_->read_some(block);
    if (!got || *got == 0) break;
    std::string_view bytes(block.data(), *got);
    while (state_ == State::open && close_.empty()) {
      const auto message = messages.next(bytes);
      if (!message) break;
      if (message->kind == Kind::binary)
        co_await take_input(message->payload);
      else
        take(*message);
    }
    if (messages.fault()) close_with(messages.fault()->code, messages.fault()->reason);
  }
  leave();
}

net::Task<> Attached::take_input(std::string_view bytes) {
  while (state_ == State::open && !input_.empty() && input_.size() + bytes.size() > kMostInput) {
    const bool woken = co_await input_taken_.wait(steady_clock::now() + kLooksAgain);
    if (!woken && client_has_left()) leave();
  }
  input_ += bytes;
  input_came_.notify();
}

// Sees the end of a client whose bytes are not read now.
bool Attached::client_has_left() const {
  pollfd client{stream_->native_handle(), POLLRDHUP, 0};
  return ::poll(&client, 1, 0) > 0 && (client.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Attached::take(const net::WsMessages::Message& message) {
  if (message.kind == Kind::close) return close_with(message.code == kNoCode ? kEnded : message.code, "");
  if (message.kind == Kind::ping) {
    pong_.clear();
    net::append_ws_message(pong_, Kind::pong, message.payload);
  } else if (message.kind == Kind::text) {
    const auto size = read_attach_message(message.payload);
    auto done = size ? Result<void>() : Result<void>(size.error());
    if (size && *size) done = process_->resize(**size);
    if (done) return;
    complaint_ = complaint_of(done.error());
  }
  process_->changed().notify();
}

void Attached::close_with(std::uint16_t code, std::string_view reason) {
  if (!close_.empty() || state_ != State::open) return;
  close_ = net::ws_close_frame(code, reason);
  process_->changed().notify();
}

// Apart from `receive`, so that a process that does not read its input keeps no answer from the client.
net::Task<> Attached::pass_input() {
  while (state_ == State::open) {
    if (input_.empty()) {
      co_await input_came_.wait();
      continue;
    }
    auto piece = input_.substr(0, kMostAtOnce);
    const auto taken = co_await process_->write_input(std::move(piece), kLooksAgain);
    if (taken)
      input_.erase(0, *taken);
    else
      input_.clear();  // the process has ended or closed its input
    input_taken_.notify();
  }
}

Error bad(ErrorKind kind, std::string code, std::string message) {
  return {.kind = kind, .code = std::move(code), .message = std::move(message)};
}

}  // namespace

net::Response refused_attach(const Error& error) {
  auto response = net::error_response(error);
  response.body = complaint_of(error);
  if (response.status == 426) response.headers.add("Sec-WebSocket-Version", "13");
  return response;
}

net::Task<> attach(asio::io_context& io, std::shared_ptr<Process> process, net::Exchange& exchange) {
  auto granted = net::accept_websocket(exchange.head());
  if (!process->has_terminal()) {
    granted = bad(ErrorKind::invalid, "not_a_terminal", "the process has no terminal");
  } else if (granted && !process->attach()) {
    granted = bad(ErrorKind::conflict, "conflict", "another client is attached to the process");
  }
  if (!granted) {
    auto refused = refused_attach(granted.error());
    co_return (void) co_await exchange.respond(std::move(refused));
  }
  Attached attached(io, std::move(process), exchange.hijack());
  co_await attached.run(std::move(*granted));
}

}  // namespace wye::vm
