#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "net/tls/tls_identity.h"

namespace wye::bench {

/// A WebSocket client that does as little as possible, since its own work is measured, too: blocking calls,
/// no mask (a key of zeros), no compression. Throws `std::runtime_error`.
class WsClient {
 public:
  /// Takes a connected, blocking socket. `tls` is a client's context; null for a plain connection.
  WsClient(UniqueFd socket, const std::string& host, const std::string& path, SSL_CTX* tls);

  void send(std::string_view text);
  /// Waits for the next message; the view is valid until the next call.
  std::string_view receive();
  /// Readable when `receive()` would not wait long. This is true only while at most one answer is expected.
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  void open(const std::string& host, const std::string& path);
  void write(std::string_view bytes);
  void read_more();
  void make_room(std::size_t wanted);

  UniqueFd socket_;
  net::Ssl ssl_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::string out_;
};

}  // namespace wye::bench
