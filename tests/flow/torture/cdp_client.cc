#include "cdp_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "testing/loopback.h"

namespace wye::torture {

using Clock = std::chrono::steady_clock;

std::unique_ptr<CdpClient> CdpClient::connect(const std::string& url, std::chrono::milliseconds patience) {
  const auto host = url.find("://") + 3, colon = url.find(':', host), path = url.find('/', colon);
  if (colon == std::string::npos || path == std::string::npos) return nullptr;
  const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1)));
  auto socket = testing::connect_to_loopback(port);
  if (!socket) return nullptr;
  std::unique_ptr<CdpClient> client(new CdpClient(std::move(socket), patience));
  const auto request = "GET " + url.substr(path) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                       "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (!testing::send_all(client->socket_.get(), request)) return nullptr;
  const auto deadline = Clock::now() + patience;
  std::size_t end = 0;
  while ((end = client->buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!client->fill(client->buffer_.size() + 1, deadline)) return nullptr;
  if (!client->buffer_.starts_with("HTTP/1.1 101")) return nullptr;
  client->buffer_.erase(0, end + 4);
  return client;
}

bool CdpClient::fill(std::size_t bytes, Clock::time_point deadline) {
  while (buffer_.size() < bytes) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd ready{socket_.get(), POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
    std::array<char, 16384> piece;
    const auto got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
  }
  return true;
}

bool CdpClient::send_frame(int opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  frame.append(4, '\0');  // a mask of zeros changes nothing
  frame += payload;
  return testing::send_all(socket_.get(), frame);
}

std::optional<std::string> CdpClient::read_message(Clock::time_point deadline) {
  std::string message;
  for (;;) {
    if (!fill(2, deadline)) return std::nullopt;
    const auto byte = [&](std::size_t at) {
      return static_cast<std::uint64_t>(static_cast<unsigned char>(buffer_[at]));
    };
    const bool last = (byte(0) & 0x80) != 0;
    const auto opcode = byte(0) & 0x0f;
    std::uint64_t size = byte(1) & 0x7f;
    const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (!fill(2 + extended, deadline)) return std::nullopt;
    if (extended > 0) size = 0;
    for (std::size_t i = 0; i < extended; ++i) size = size << 8 | byte(2 + i);
    const std::size_t head = 2 + extended;
    if (size > (64u << 20) || !fill(head + size, deadline)) return std::nullopt;
    const auto payload = buffer_.substr(head, size);
    buffer_.erase(0, head + size);
    if (opcode == 8) return std::nullopt;
    if (opcode == 9) send_frame(10, payload);
    if (opcode > 2) continue;
    message += payload;
    if (last) return message;
  }
}

std::optional<boost::json::object> CdpClient::call(const std::string& method, boost::json::object params) {
  const int id = next_id_++;
  const boost::json::object command{{"id", id}, {"method", method}, {"params", std::move(params)}};
  if (!send_frame(1, boost::json::serialize(command))) return std::nullopt;
  const auto deadline = Clock::now() + patience_;
  while (const auto message = read_message(deadline)) {
    boost::system::error_code bad;
    const auto parsed = boost::json::parse(*message, bad);
    if (bad || !parsed.is_object()) continue;
    const auto* answers = parsed.get_object().if_contains("id");
    if (answers == nullptr || *answers != id) continue;
    const auto* result = parsed.get_object().if_contains("result");
    if (result == nullptr || !result->is_object()) return std::nullopt;
    return result->get_object();
  }
  return std::nullopt;
}

}  // namespace wye::torture
