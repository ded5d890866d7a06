#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "net/socket_address.h"

// Tests only: a connection that sends exactly the bytes a test gives it, and blocks until what it waits for
// has come.
namespace wye::net::testing {

class RawConnection {
 public:
  static RawConnection to_tcp(std::uint16_t port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) fd.reset();
    return RawConnection(std::move(fd));
  }
  static RawConnection to_unix(const std::string& path) {
    auto fd = connect_unix(path);
    return RawConnection(fd ? std::move(*fd) : UniqueFd());
  }
  explicit RawConnection(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN && wait(POLLOUT)) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// One answer, with its body decoded by its framing; "" when the connection ended first. Further bytes stay
  /// for the next call.
  struct Answer {
    int status = 0;
    std::string head;
    std::string body;
    bool complete = false;
    [[nodiscard]] bool has(std::string_view field_line) const {
      return head.find(field_line) != std::string::npos;
    }
  };
  Answer read_answer(bool to_head_request = false) {
    Answer answer;
    answer.head = read_head();
    if (answer.head.size() < 12) return answer;
    answer.status = std::atoi(answer.head.c_str() + 9);
    const auto length = answer.head.find("Content-Length: ");
    if (to_head_request || answer.status == 204 || answer.status == 304 || answer.status < 200) {
      answer.complete = true;
    } else if (answer.has("Transfer-Encoding: chunked")) {
      answer.complete = read_chunks(answer.body);
    } else if (length != std::string::npos) {
      answer.body = read_exactly(static_cast<std::size_t>(std::atoll(answer.head.c_str() + length + 16)));
      answer.complete = true;
    } else {
      answer.body = read_to_end();
      answer.complete = true;
    }
    return answer;
  }

  std::string read_head() { return read_until("\r\n\r\n"); }
  std::string read_until(std::string_view mark) {
    while (true) {
      if (const auto at = pending_.find(mark); at != std::string::npos) return take(at + mark.size());
      if (!more()) return {};
    }
  }
  std::string read_exactly(std::size_t size) {
    while (pending_.size() < size && more()) {
    }
    return take(std::min(size, pending_.size()));
  }
  std::string read_to_end() {
    while (more()) {
    }
    return take(pending_.size());
  }
  /// Returns whether the other side has closed or reset, with nothing more to read.
  bool at_end() { return pending_.empty() && !more(); }
  /// Whether the last read ended with a reset.
  [[nodiscard]] bool was_reset() const { return reset_; }
  void end_writing() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset_connection() {
    const linger hard{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    fd_.reset();
  }

 private:
  static constexpr int kPatienceMs = 20'000;

  [[nodiscard]] bool wait(short events) const {
    pollfd poll_fd{fd_.get(), events, 0};
    return ::poll(&poll_fd, 1, kPatienceMs) > 0;
  }
  bool more() {
    if (!fd_ || !wait(POLLIN)) return false;
    char block[64 * 1024];
    const auto got = ::recv(fd_.get(), block, sizeof(block), 0);
    reset_ = got < 0 && errno == ECONNRESET;
    if (got <= 0) return false;
    pending_.append(block, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t size) {
    auto out = pending_.substr(0, size);
    pending_.erase(0, size);
    return out;
  }
  bool read_chunks(std::string& body) {
    while (true) {
      const auto line = read_until("\r\n");
      if (line.empty()) return false;
      const auto size = std::strtoull(line.c_str(), nullptr, 16);
      if (size == 0) return !read_until("\r\n").empty();
      const auto chunk = read_exactly(static_cast<std::size_t>(size) + 2);
      if (chunk.size() != size + 2) return false;
      body.append(chunk, 0, static_cast<std::size_t>(size));
    }
  }

  UniqueFd fd_;
  std::string pending_;
  bool reset_ = false;
};

/// A directory of its own that is gone with the test.
class TempDir {
 public:
  TempDir() {
    std::string pattern =
        std::string(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp") + "/wye-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    for (const auto& name : files_) ::unlink(name.c_str());
    for (const auto& name : directories_) ::rmdir(name.c_str());
    ::rmdir(path_.c_str());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string file(const std::string& name) { return files_.emplace_back(path_ + "/" + name); }
  [[nodiscard]] std::string file_in(const std::string& directory, const std::string& name) {
    directories_.push_back(path_ + "/" + directory);
    ::mkdir(directories_.back().c_str(), 0700);
    return file(directory + "/" + name);
  }

 private:
  std::string path_;
  std::vector<std::string> files_;
  std::vector<std::string> directories_;
};

}  // namespace wye::net::testing
