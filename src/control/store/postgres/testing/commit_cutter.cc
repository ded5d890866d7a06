#include "control/store/postgres/testing/commit_cutter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace wye::control::postgres::testing {
namespace {

constexpr const char* kSocket = "/.s.PGSQL.5432";

sockaddr_un address_of(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  std::memcpy(out.sun_path, path.c_str(), std::min(path.size(), sizeof out.sun_path - 1));
  return out;
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

CommitCutter::CommitCutter(const std::string& url) : upstream_(url.substr(url.find("host=") + 5) + kSocket) {
  std::string name = "/tmp/wye-cut-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
  url_ = url.substr(0, url.find("host=") + 5) + directory_;
  const auto address = address_of(directory_ + kSocket);
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::array<int, 2> stop{};
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 64) != 0 || ::pipe2(stop.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no socket");
  stop_read_.reset(stop[0]);
  stop_write_.reset(stop[1]);
  acceptor_ = std::thread([this] { accept_all(); });
}

CommitCutter::~CommitCutter() {
  stop_write_.reset();  // the closed pipe wakes all threads
  acceptor_.join();
  for (auto& relay : relays_) relay.join();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void CommitCutter::accept_all() {
  for (;;) {
    std::array<pollfd, 2> events{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 || events[1].revents != 0) return;
    const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) relays_.emplace_back([this, fd = UniqueFd(client)] { relay(fd); });
  }
}

void CommitCutter::relay(const UniqueFd& client) {
  const UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = address_of(upstream_);
  if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
  for (;;) {
    std::array<pollfd, 3> events{pollfd{client.get(), POLLIN, 0}, pollfd{server.get(), POLLIN, 0},
                                 pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 || events[2].revents != 0) return;
    if (events[0].revents != 0 && !pass(client.get(), server.get(), true)) return;
    if (events[1].revents != 0 && !pass(server.get(), client.get(), false)) return;
  }
}

bool CommitCutter::pass(int from, int to, bool to_server) {
  std::array<char, 1 << 16> piece;
  const auto got = ::recv(from, piece.data(), piece.size(), 0);
  if (got <= 0) return false;
  const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
  const bool commits = to_server && bytes.find("COMMIT") != std::string_view::npos;
  const auto cut = commits ? cut_.exchange(Cut::none) : Cut::none;
  if (cut != Cut::none) ++cuts_;
  if (cut == Cut::before || !send_all(to, bytes)) return false;
  // The server's answer comes once the commit is done.
  if (cut == Cut::after) (void)::recv(to, piece.data(), piece.size(), 0);
  return cut == Cut::none;
}

}  // namespace wye::control::postgres::testing
