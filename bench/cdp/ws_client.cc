#include "ws_client.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstring>
#include <stdexcept>

namespace wye::bench {
namespace {

constexpr std::size_t kCopied = 4096;  // such a message is sent in one write with its head
constexpr timeval kSilence{30, 0};

// Makes the head: FIN, text, masked with zeros.
std::string frame_head(std::size_t size) {
  std::string head{static_cast<char>(0x81)};
  const int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  head += static_cast<char>(0x80 | (bytes == 0 ? size : bytes == 2 ? 126U : 127U));
  for (int i = bytes - 1; i >= 0; --i) head += static_cast<char>(size >> (8 * i));
  return head.append(4, '\0');
}

}  // namespace

WsClient::WsClient(UniqueFd socket, const std::string& host, const std::string& path, SSL_CTX* tls)
    : socket_(std::move(socket)), buffer_(64 * 1024) {
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kSilence, sizeof(kSilence));
  if (tls != nullptr) {
    ssl_.reset(::SSL_new(tls));
    ::SSL_set_fd(ssl_.get(), socket_.get());
    if (::SSL_connect(ssl_.get()) != 1) throw std::runtime_error("no TLS connection");
  }
  open(host, path);
}

void WsClient::open(const std::string& host, const std::string& path) {
  write("GET " + path + " HTTP/1.1\r\nHost: " + host +
        "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
  for (;;) {
    read_more();
    const std::string_view answer(buffer_.data(), end_);
    const auto head = answer.find("\r\n\r\n");
    if (head == std::string_view::npos) continue;
    if (!answer.starts_with("HTTP/1.1 101"))
      throw std::runtime_error("no WebSocket: " + std::string(answer.substr(0, answer.find('\r'))));
    begin_ = head + 4;
    return;
  }
}

void WsClient::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ssl_ ? ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the other side does not read");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void WsClient::read_more() {
  const auto got =
      ssl_ ? ::SSL_read(ssl_.get(), buffer_.data() + end_, static_cast<int>(buffer_.size() - end_))
           : ::recv(socket_.get(), buffer_.data() + end_, buffer_.size() - end_, 0);
  if (got <= 0) throw std::runtime_error("the connection ended, or there was no answer for 30 s");
  end_ += static_cast<std::size_t>(got);
}

// Makes room for `wanted` bytes from `begin_` on, and for at least one more than there are.
void WsClient::make_room(std::size_t wanted) {
  if (begin_ + wanted <= buffer_.size() && end_ < buffer_.size()) return;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() < wanted) buffer_.resize(wanted);
}

void WsClient::send(std::string_view text) {
  out_ = frame_head(text.size());
  if (text.size() <= kCopied) {
    write(out_.append(text));
  } else {
    write(out_);
    write(text);
  }
}

std::string_view WsClient::receive() {
  if (begin_ == end_) begin_ = end_ = 0;
  for (;;) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(buffer_.data()) + begin_;
    const auto there = end_ - begin_;
    std::size_t head = 2, size = 0;
    if (there >= 2) {
      const int more = bytes[1] < 126 ? 0 : bytes[1] == 126 ? 2 : 8;
      head += static_cast<std::size_t>(more);
      size = bytes[1];
      if (more > 0 && there >= head) {
        size = 0;
        for (int i = 0; i < more; ++i) size = size << 8 | bytes[2 + i];
      }
    }
    if (there >= head && bytes[0] != 0x81) throw std::runtime_error("a frame that is no whole text message");
    if (there >= head && there >= head + size) {
      const std::string_view message(buffer_.data() + begin_ + head, size);
      begin_ += head + size;
      return message;
    }
    make_room(there >= head ? head + size : head);
    read_more();
  }
}

}  // namespace wye::bench
