#include "net/lobby.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <list>

#include "net/lazy_deadline.h"
#include "net/socket.h"

namespace wye::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kDroppedBytes =
    1024 * 1024;  // of a body behind the head; read so that no reset takes the answer away

std::string answer(std::string_view status, std::string_view fields, std::string_view body) {
  std::string out = "HTTP/1.1 ";
  out.append(status).append("\r\nContent-Type: application/json\r\n").append(fields);
  out.append("Content-Length: ").append(std::to_string(body.size()));
  return out.append("\r\nConnection: close\r\n\r\n").append(body);
}

bool asks_for_health(std::string_view head) {
  constexpr std::string_view kAsks = "GET /healthz";
  if (!head.starts_with(kAsks) || head.size() == kAsks.size()) return false;
  return head[kAsks.size()] == ' ' || head[kAsks.size()] == '?';
}

}  // namespace

struct Lobby::State {
  State(asio::io_context& context, const std::string& fields)
      : io(context),
        full(answer("503 Service Unavailable", fields + "Retry-After: 1\r\n",
                    R"({"code":"capacity_exhausted","message":"too many connections are open"})")),
        healthy(answer("200 OK", fields, R"({"status":"ok"})")) {}
  asio::io_context& io;
  const std::string full, healthy;  // made once, not for each guest
  std::list<Guest*> guests;         // in the order of their arrival
  bool closed = false;
};

struct Lobby::Guest {
  Guest(std::shared_ptr<State> lobby, UniqueFd fd, std::function<void()> call)
      : state(std::move(lobby)),
        socket(adopt_socket(state->io, std::move(fd))),
        deadline(state->io, [this] { close(); }),
        gone(std::move(call)),
        place(state->guests.insert(state->guests.end(), this)) {
    deadline.set(kStay);
  }
  ~Guest() { leave(); }
  Guest(const Guest&) = delete;

  // Answers also guests that have said nothing yet.
  void close() {
    if (!socket.is_open()) return;
    if (!std::exchange(answered, true)) {
      iovec one = part(state->full);
      std::span<iovec> parts(&one, 1);
      (void)send_now(socket.native_handle(), parts);
    }
    boost::system::error_code ignored;
    socket.close(ignored);  // its coroutine ends
  }
  void leave() {
    if (left) return;
    left = true;
    state->guests.erase(place);
    close();
    deadline.cancel();
    if (gone && !state->closed) gone();
  }

  std::shared_ptr<State> state;
  Socket socket;
  LazyDeadline deadline;
  std::function<void()> gone;
  std::list<Guest*>::iterator place;
  const std::chrono::steady_clock::time_point came = std::chrono::steady_clock::now();
  bool answered = false, left = false;
};

Lobby::Lobby(asio::io_context& io, const std::string& fields) : state_(std::make_shared<State>(io, fields)) {}

std::size_t Lobby::guests() const { return state_->guests.size(); }

bool Lobby::hurry() {
  const auto now = std::chrono::steady_clock::now();
  for (auto* guest : state_->guests) {
    if (!guest->answered && now - guest->came < kStayWhileOthersWait) continue;
    guest->leave();
    return true;
  }
  return false;
}

void Lobby::receive(UniqueFd fd, std::function<void()> gone) {
  if (state_->closed) return;
  if (state_->guests.size() >= kPlaces) state_->guests.front()->leave();
  auto guest = std::make_shared<Guest>(state_, std::move(fd), std::move(gone));
  asio::co_spawn(state_->io.get_executor(), serve(std::move(guest)), asio::detached);
}

Task<> Lobby::serve(std::shared_ptr<Guest> guest) {
  std::array<char, kHeadBytes> bytes;
  std::size_t size = 0;
  std::string_view head;
  while (head.find("\r\n\r\n") == std::string_view::npos && size < bytes.size()) {
    const auto [error, got] = co_await guest->socket.async_read_some(
        asio::buffer(bytes.data() + size, bytes.size() - size), kAwait);
    if (error) co_return;
    size += got;
    head = std::string_view(bytes.data(), size);
  }
  guest->answered = true;
  const std::string& said = asks_for_health(head) ? guest->state->healthy : guest->state->full;
  const auto sent = co_await send_all(guest->socket, said);
  if (!sent) co_return;
  boost::system::error_code ignored;
  guest->socket.shutdown(Socket::shutdown_send, ignored);
  for (std::size_t dropped = 0; dropped < kDroppedBytes;) {
    const auto [error, got] = co_await guest->socket.async_read_some(asio::buffer(bytes), kAwait);
    if (error) co_return;
    dropped += got;
  }
}

void Lobby::close() {
  state_->closed = true;
  while (!state_->guests.empty()) state_->guests.front()->leave();
}

}  // namespace wye::net
