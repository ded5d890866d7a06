#include "host/agent_call.h"

#include <boost/asio/co_spawn.hpp>
#include <optional>

namespace wye::host {

Result<net::Response> call_agent(const net::Endpoint& agent, net::EndpointRequest request) {
  boost::asio::io_context io(1);
  std::optional<Result<net::Response>> answer;
  boost::asio::co_spawn(io, net::endpoint_request(agent, std::move(request)),
                        [&](const std::exception_ptr& thrown, Result<net::Response> result) {
                          if (!thrown) answer = std::move(result);
                        });
  io.run();
  if (answer) return std::move(*answer);
  return Error{
      .kind = ErrorKind::internal, .code = "internal_error", .message = "the call to the agent broke off"};
}

}  // namespace wye::host
