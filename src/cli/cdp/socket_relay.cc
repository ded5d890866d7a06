#include "cli/cdp/socket_relay.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

#include "base/encoding.h"
#include "net/head_parser.h"
#include "wire/json_codec.h"

namespace wye::cli {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kPiece = 64 * 1024;  // in each direction
constexpr std::size_t kMaxHandshake = 32 * 1024;
constexpr std::chrono::milliseconds kLastChance{5'000}, kAnswerWithin{20'000};

Error no_answer() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the session did not answer",
          .status = 502};
}

// Selects the WebSocket's own fields of a head.
template <class Fields>
std::string socket_fields(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields)
    if (ascii_lower(name).starts_with("sec-websocket-"))
      out += std::string(name) + ": " + std::string(value) + "\r\n";
  return out;
}

std::string request_text(const SessionLink::Dialled& to, const net::RequestHead& head) {
  return "GET " + to.target + " HTTP/1.1\r\nHost: " + to.host +
         "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + socket_fields(head.headers) + "\r\n";
}

// The session's answer to the handshake.
struct Granted {
  std::string head;   // for the local client
  std::string bytes;  // the bytes that came after it
};

Result<Granted> granted_by(std::string_view answer, std::size_t head_size) {
  net::HeadView view;
  if (net::parse_response_head(answer.substr(0, head_size), false, view) != net::HeadFault::none)
    return no_answer();
  if (view.status != 101) return error_of_session(view.status, answer.substr(head_size));
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  for (const auto& field : view.fields()) fields.emplace_back(field.name, field.value);
  return Granted{.head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
                         socket_fields(fields) + "\r\n",
                 .bytes = std::string(answer.substr(head_size))};
}

net::Task<Result<Granted>> handshake(asio::io_context& io, net::ByteStream& session, std::string request) {
  net::LazyDeadline silent(io, [&session] { session.close(); });
  silent.set(kAnswerWithin);
  const auto sent = co_await session.write(request);
  if (!sent) co_return no_answer();
  std::string answer;
  std::array<char, 4096> piece;
  for (;;) {
    const auto size = co_await session.read_some(piece);
    if (!size || *size == 0 || answer.size() + *size > kMaxHandshake) co_return no_answer();
    answer.append(piece.data(), *size);
    const auto end = net::find_head_end(answer);
    if (end.fault == net::HeadFault::none) co_return granted_by(answer, end.size);
    if (end.fault != net::HeadFault::incomplete) co_return no_answer();
  }
}

}  // namespace

Error error_of_session(int status, std::string_view body) {
  Error out{.kind = ErrorKind::disconnected,
            .code = "upstream_refused",
            .message = "the session refused the request with status " + std::to_string(status),
            .status = status < 400 ? 502 : status};
  const auto parsed = wire::parse_json(body);
  const auto* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) return out;
  const auto* code = object->if_contains("code");
  const auto* message = object->if_contains("message");
  if (code != nullptr && code->is_string()) out.code = std::string_view(code->get_string());
  if (message != nullptr && message->is_string()) out.message = std::string_view(message->get_string());
  return out;
}

SocketRelay::SocketRelay(asio::io_context& io, std::unique_ptr<net::ByteStream> local,
                         std::unique_ptr<net::ByteStream> session)
    : io_(io), local_(std::move(local)), session_(std::move(session)), over_(io), last_chance_(io, [this] {
        close();
      }) {}

void SocketRelay::close() {
  local_->close();
  session_->close();
}

net::Task<> SocketRelay::run() {
  asio::co_spawn(io_.get_executor(), up(), asio::detached);
  co_await down();
  while (!up_over_) co_await over_.wait();
  last_chance_.cancel();
  close();
}

net::Task<> SocketRelay::up() {
  std::vector<char> piece(kPiece);
  for (bool taken = true;;) {
    const auto size = co_await local_->read_some(piece);
    if (!size || *size == 0) break;
    if (!taken) continue;  // keep reading: a client must not be reset before it has read why
    const auto written = co_await session_->write({piece.data(), *size});
    taken = written.has_value();
  }
  session_->shutdown_write();
  last_chance_.set(kLastChance);
  up_over_ = true;
  over_.notify();
}

net::Task<> SocketRelay::down() {
  std::vector<char> piece(kPiece);
  for (;;) {
    const auto size = co_await session_->read_some(piece);
    if (!size || *size == 0) break;
    const auto written = co_await local_->write({piece.data(), *size});
    if (!written) break;
  }
  session_->close();
  local_->shutdown_write();
  last_chance_.set(kLastChance);
}

net::Task<> serve_socket(asio::io_context& io, control::Workers& workers, SessionLink& link,
                         net::Exchange& exchange, std::string path) {
  const std::function<Result<SessionLink::Dialled>()> dial = [&link, path] { return link.dial(path); };
  auto dialled = co_await workers.run<SessionLink::Dialled>(dial);
  if (!dialled) {
    auto refusal = dialled.error();
    if (refusal.status == 0) refusal.status = 502;
    auto response = net::error_response(refusal);
    co_return (void) co_await exchange.respond(std::move(response));
  }
  auto request = request_text(*dialled, exchange.head());
  auto session = std::make_unique<net::CurlStream>(io, std::move(dialled->connection));
  auto granted = co_await handshake(io, *session, std::move(request));
  if (!granted) {
    auto response = net::error_response(granted.error());
    co_return (void) co_await exchange.respond(std::move(response));
  }
  auto local = exchange.hijack();
  const auto told = co_await local->write(granted->head + granted->bytes);
  if (!told) co_return;
  SocketRelay relay(io, std::move(local), std::move(session));
  co_await relay.run();
}

}  // namespace wye::cli
