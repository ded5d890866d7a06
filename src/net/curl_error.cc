#include "net/curl_error.h"

#include "base/redact.h"

namespace wye::net {

Error error_of(CURLcode code, const char* detail, bool head_was_complete) {
  const auto disconnected = [&](const char* word) {
    return Error{.kind = ErrorKind::disconnected,
                 .code = word,
                 .message = redact(detail[0] != '\0' ? detail : ::curl_easy_strerror(code))};
  };
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return disconnected("connect_failed");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return disconnected("tls_failed");
    case CURLE_OPERATION_TIMEDOUT:
      return timed_out();
    case CURLE_URL_MALFORMAT:
      return {.kind = ErrorKind::invalid, .code = "bad_request", .message = "the URL cannot be sent"};
    case CURLE_UNSUPPORTED_PROTOCOL:  // the URL's scheme was checked: the answer is not HTTP/1.0 or later
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return disconnected("bad_answer");
    default:
      return disconnected(head_was_complete ? "body_cut" : "connection_failed");
  }
}

Error timed_out() {
  return {.kind = ErrorKind::timed_out, .code = "timed_out", .message = "the deadline passed"};
}

Error cancelled() {
  return {.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the caller asked to stop"};
}

}  // namespace wye::net
