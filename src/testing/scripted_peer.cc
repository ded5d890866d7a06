#include "testing/scripted_peer.h"

#include <array>
#include <chrono>
#include <stdexcept>

#include "base/encoding.h"
#include "testing/loopback.h"

namespace wye::testing {
namespace {

constexpr std::chrono::seconds kPatience{20};

// Waits for bytes; false when the peer must stop or the client is gone.
bool more(int client, int stop, std::string& into) {
  std::array<pollfd, 2> ready{pollfd{client, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  if (::poll(ready.data(), ready.size(), -1) < 0 || ready[1].revents != 0) return false;
  std::array<char, 16 * 1024> piece;
  const auto got = ::recv(client, piece.data(), piece.size(), 0);
  if (got <= 0) return false;
  into.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

std::size_t length_of(const std::string& head) {
  const auto at = ascii_lower(head).find("\r\ncontent-length:");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 17));
}

}  // namespace

ScriptedPeer::ScriptedPeer(Script script) : script_(std::move(script)) {
  auto listener = listen_on_loopback();
  listener_ = std::move(listener.fd);
  port_ = listener.port;
  std::array<int, 2> stop{};
  if (::pipe2(stop.data(), O_CLOEXEC) != 0) throw std::runtime_error("the scripted peer has no pipe");
  stop_read_.reset(stop[0]);
  stop_write_.reset(stop[1]);
  acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedPeer::~ScriptedPeer() {
  stop_write_.reset();
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

bool PeerLine::send(std::string_view bytes) { return send_all(client_, bytes); }

void PeerLine::wait_for_hangup() {
  std::string ignored;
  while (more(client_, stop_, ignored)) ignored.clear();
}

void ScriptedPeer::accept_loop() {
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 || ready[1].revents != 0) return;
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    const std::lock_guard lock(mutex_);
    const int number = ++accepted_;
    threads_.emplace_back([this, number, fd = std::move(client)]() mutable { serve(std::move(fd), number); });
  }
}

void ScriptedPeer::serve(UniqueFd client, int connection) {
  std::string in;
  while (serve_one(client.get(), connection, in)) {
  }
  client.reset();
  const std::lock_guard lock(mutex_);
  ++ended_;
  changed_.notify_all();
}

// Returns whether the connection waits for another request.
bool ScriptedPeer::serve_one(int client, int connection, std::string& in) {
  std::size_t end;
  while ((end = in.find("\r\n\r\n")) == std::string::npos)
    if (!more(client, stop_read_.get(), in)) return false;
  SeenRequest request{
      .line = in.substr(0, in.find("\r\n")), .head = in.substr(0, end + 2), .connection = connection};
  const bool is_chunked = ascii_lower(request.head).find("transfer-encoding: chunked") != std::string::npos;
  const auto body_end = [&]() -> std::size_t {
    if (!is_chunked) return end + 4 + length_of(request.head);
    const auto last = in.compare(end + 4, 5, "0\r\n\r\n") == 0 ? end + 4 : in.find("\r\n0\r\n\r\n", end + 4);
    return last == std::string::npos ? last : in.find("0\r\n\r\n", last) + 5;
  };
  while (in.size() < body_end())
    if (!more(client, stop_read_.get(), in)) return false;
  request.body = in.substr(end + 4, body_end() - end - 4);
  in.erase(0, body_end());
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    changed_.notify_all();
  }
  const auto play = script_(request);
  PeerLine line(client, stop_read_.get());
  if (!line.send(play.bytes)) return false;
  if (play.more) play.more(line);
  if (play.keep_open) line.wait_for_hangup();
  if (play.reset) reset_on_close(client);
  return play.keep_alive;
}

int ScriptedPeer::connections() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

bool ScriptedPeer::wait_for_ended(int connections) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return ended_ >= connections; });
}

std::vector<SeenRequest> ScriptedPeer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

SeenRequest ScriptedPeer::last_seen() const {
  const std::lock_guard lock(mutex_);
  if (seen_.empty()) throw std::logic_error("the peer at " + origin() + " has seen no request");
  return seen_.back();
}

Play answer(int status, const std::string& body, const std::string& headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " Status\r\n" + headers +
          "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body};
}

Play chunked(int status, const std::string& body, const std::string& headers) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx", body.size());
  return {"HTTP/1.1 " + std::to_string(status) + " Status\r\n" + headers +
          "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + size + "\r\n" + body + "\r\n0\r\n\r\n"};
}

Play kept(int status, const std::string& body, const std::string& headers) {
  auto play = answer(status, body, headers);
  play.bytes.erase(play.bytes.find("Connection: close\r\n"), 19);
  play.keep_alive = true;
  return play;
}

}  // namespace wye::testing
