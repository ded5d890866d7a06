#include "net/http_connection.h"

#include <utility>

namespace wye::net {

Task<> HttpConnection::handle() {
  exchange_.begin();
  try {
    co_await server_.handler(exchange_);
  } catch (const std::exception&) {
    // An error that the handler could not turn into an answer becomes a 500 below, or a broken connection.
  }
  if (!socket().is_open() || exchange_.started()) co_return;
  auto unanswered = error_response({ErrorKind::internal, "internal_error", "the request was not answered"});
  (void)co_await respond(std::move(unanswered));
}

Response HttpConnection::refusal(int status, std::string_view message) {
  (status < 500 ? server_.bad_requests : server_.bad_versions).add();
  return error_response(
      {ErrorKind::invalid, status == 408 ? "request_timeout" : "bad_request", std::string(message), status});
}

}  // namespace wye::net
