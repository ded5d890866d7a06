#pragma once

#include <memory>
#include <string>

#include "net/http_exchange.h"
#include "net/http_server.h"

namespace wye::net {

/// What the connections of an HttpServer share.
struct ServerState : ConnectionSet {
  ServerState(boost::asio::io_context& context, Handler call, const ServerLimits& bounds)
      : ConnectionSet(context, bounds), handler(std::move(call)) {}
  Handler handler;
  OwnCounter bad_requests, bad_versions;
};

/// One connection of an HttpServer: each request is for the server's handler.
class HttpConnection final : public ClientConnection {
 public:
  HttpConnection(Socket socket, const std::shared_ptr<ServerState>& server, DescriptorBudget::Place place,
                 std::string peer)
      : ClientConnection(std::move(socket), server, std::move(place), std::move(peer)), server_(*server) {}

 private:
  Task<> handle() override;
  Response refusal(int status, std::string_view message) override;

  ServerState& server_;  // the base owns it
  HttpExchange exchange_{*this};
};

}  // namespace wye::net
