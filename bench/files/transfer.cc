#include "transfer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "base/encoding.h"
#include "base/unique_fd.h"

namespace wye::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPiece = 1 << 20;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect failed");
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("send failed");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string head_of(const Place& place, const std::string& method, const std::string& path,
                    const std::string& more) {
  return method + ' ' + place.prefix + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
         place.headers + more + "\r\n";
}

// An answer of status 2xx, whose head was read.
struct Answer {
  UniqueFd fd;
  std::uint64_t length = 0;
  std::string rest;  ///< What came with the head.
};

std::uint64_t length_in(const std::string& head) {
  std::uint64_t length = 0;
  for (std::size_t from = 0; from < head.size();) {
    const auto to = std::min(head.find("\r\n", from), head.size());
    const auto line = std::string_view(head).substr(from, to - from);
    from = to + 2;
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos && iequals(line.substr(0, colon), "Content-Length"))
      std::from_chars(line.data() + colon + 2, line.data() + line.size(), length);
  }
  return length;
}

Answer answer_on(UniqueFd fd) {
  std::string got;
  std::vector<char> piece(kPiece);
  for (;;) {
    if (const auto end = got.find("\r\n\r\n"); end != std::string::npos) {
      if (!got.starts_with("HTTP/1.1 2")) throw std::runtime_error("answered: " + got);
      return {.fd = std::move(fd), .length = length_in(got.substr(0, end)), .rest = got.substr(end + 4)};
    }
    const auto size = ::recv(fd.get(), piece.data(), piece.size(), 0);
    if (size <= 0) throw std::runtime_error("no answer");
    got.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

double upload(const Place& place, const std::string& path, std::uint64_t bytes) {
  static const std::string piece(kPiece, 'x');
  auto fd = connect_to(place.port);
  const auto begin = Clock::now();
  send_all(fd.get(), head_of(place, "PUT", path, "Content-Length: " + std::to_string(bytes) + "\r\n"));
  for (auto left = bytes; left > 0;) {
    const auto now = std::min<std::uint64_t>(left, kPiece);
    send_all(fd.get(), std::string_view(piece).substr(0, now));
    left -= now;
  }
  (void)answer_on(std::move(fd));
  return seconds_since(begin);
}

double download(const Place& place, const std::string& path, std::uint64_t bytes) {
  auto fd = connect_to(place.port);
  const auto begin = Clock::now();
  send_all(fd.get(), head_of(place, "GET", path, ""));
  const auto answer = answer_on(std::move(fd));
  if (answer.length != bytes) throw std::runtime_error("the file has another size");
  std::vector<char> piece(kPiece);
  for (auto got = static_cast<std::uint64_t>(answer.rest.size()); got < bytes;) {
    const auto size = ::recv(answer.fd.get(), piece.data(), piece.size(), 0);
    if (size <= 0) throw std::runtime_error("the file was cut short");
    got += static_cast<std::uint64_t>(size);
  }
  return seconds_since(begin);
}

std::string call(const Place& place, const std::string& method, const std::string& path,
                 const std::string& json) {
  auto fd = connect_to(place.port);
  send_all(
      fd.get(),
      head_of(place, method, path,
              "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n") +
          json);
  auto answer = answer_on(std::move(fd));
  std::vector<char> piece(kPiece);
  while (answer.rest.size() < answer.length) {
    const auto size = ::recv(answer.fd.get(), piece.data(), piece.size(), 0);
    if (size <= 0) throw std::runtime_error("the answer was cut short");
    answer.rest.append(piece.data(), static_cast<std::size_t>(size));
  }
  return answer.rest;
}

void follow(const Place& place, const std::string& path, const std::function<bool(std::string_view)>& piece) {
  auto fd = connect_to(place.port);
  send_all(fd.get(), head_of(place, "GET", path, ""));
  const auto answer = answer_on(std::move(fd));
  bool more = piece(answer.rest);
  std::vector<char> buffer(kPiece);
  while (more) {
    const auto size = ::recv(answer.fd.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) throw std::runtime_error("the stream ended");
    more = piece({buffer.data(), static_cast<std::size_t>(size)});
  }
}

}  // namespace wye::bench
