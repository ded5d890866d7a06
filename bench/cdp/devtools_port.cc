#include "devtools_port.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <future>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace wye::bench {
namespace {

constexpr std::string_view kListening = "0A", kLoopback = "0100007F:";

// Reads /proc/PID/net/tcp, which shows the network of that process.
std::vector<std::uint16_t> listening_ports(pid_t inside) {
  std::vector<std::uint16_t> out;
  std::ifstream table("/proc/" + std::to_string(inside) + "/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, local, remote, state;
    words >> number >> local >> remote >> state;
    if (state == kListening && local.starts_with(kLoopback))
      out.push_back(static_cast<std::uint16_t>(std::stoul(local.substr(kLoopback.size()), nullptr, 16)));
  }
  return out;
}

// Returns the path of the browser's WebSocket from `/json/version`; "" when another server listens there.
std::string ask_browser_path(const DevToolsPort& where) {
  const auto socket = connect_inside(where);
  const std::string request =
      "GET /json/version HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(where.port) + "\r\n\r\n";
  const timeval patience{2, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  std::string answer;
  char piece[4096];
  while (answer.size() < 64 * 1024) {
    const auto at = answer.find("/devtools/browser/");
    if (at != std::string::npos && answer.find('"', at) != std::string::npos)
      return answer.substr(at, answer.find('"', at) - at);
    const auto got = ::recv(socket.get(), piece, sizeof(piece), 0);
    if (got <= 0) return "";
    answer.append(piece, static_cast<std::size_t>(got));
  }
  return "";
}

}  // namespace

DevToolsPort find_devtools(pid_t inside) {
  for (const auto port : listening_ports(inside)) {
    DevToolsPort found{.inside = inside, .port = port, .browser_path = {}};
    found.browser_path = ask_browser_path(found);
    if (!found.browser_path.empty()) return found;
  }
  throw std::runtime_error("no DevTools port is found in the VM");
}

void enter_network_of(pid_t inside) {
  const UniqueFd network(
      ::open(("/proc/" + std::to_string(inside) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (!network || ::setns(network.get(), CLONE_NEWNET) != 0)
    throw std::runtime_error(std::string("cannot enter the VM's network, which needs root: ") +
                             std::strerror(errno));
}

UniqueFd connect_loopback(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    throw std::runtime_error("connect failed");
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

UniqueFd connect_inside(const DevToolsPort& to) {
  // Uses its own thread, since the thread stays in that network.
  return std::async(std::launch::async,
                    [&to] {
                      enter_network_of(to.inside);
                      return connect_loopback(to.port);
                    })
      .get();
}

}  // namespace wye::bench
