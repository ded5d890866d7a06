#pragma once

#include <stdexcept>

#include "control/api/api_server.h"
#include "net/testing/raw_connection.h"

// Tests only: resources behind a real ApiServer, asked by a client with a key.
namespace wye::control::testing {

class ResourceServer {
 public:
  /// The arguments must outlive it.
  ResourceServer(ApiKeys& keys, Random& random, const Clock& clock, ApiServerOptions options = {})
      : server_(keys, random, clock, log_, std::move(options)) {}

  [[nodiscard]] ApiServer& api() { return server_; }
  void start() { port_ = server_.start().value(); }

  /// Returns a connection for a request that the caller sends and reads.
  [[nodiscard]] net::testing::RawConnection connect() const {
    return net::testing::RawConnection::to_tcp(port_);
  }
  static std::string request(const std::string& key, const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    return method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + key +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  [[nodiscard]] net::Response call(const std::string& key, const std::string& method,
                                   const std::string& target, const std::string& body = {}) const {
    auto client = connect();
    if (!client.send(request(key, method, target, body))) throw std::runtime_error("no connection");
    const auto answer = client.read_answer(method == "HEAD");
    net::Response out{answer.status, {}, answer.body};
    const std::string_view lines = answer.head;
    for (auto at = lines.find("\r\n"); at + 2 < lines.size();) {
      const auto end = lines.find("\r\n", at + 2);
      const auto line = lines.substr(at + 2, end - at - 2);
      at = end;
      if (const auto colon = line.find(": "); colon != std::string_view::npos)
        out.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
    }
    return out;
  }

 private:
  const Log log_{LogLevel::off};
  ApiServer server_;
  std::uint16_t port_ = 0;
};

}  // namespace wye::control::testing
