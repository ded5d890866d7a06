#include "vm/curl/net_error.h"

#include <algorithm>
#include <array>
#include <utility>

namespace wye::vm {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 49> kErrors{{
    {"ERR_FAILED", -2},
    {"ERR_ABORTED", -3},
    {"ERR_TIMED_OUT", -7},
    {"ERR_ACCESS_DENIED", -10},
    {"ERR_BLOCKED_BY_CLIENT", -20},
    {"ERR_NETWORK_CHANGED", -21},
    {"ERR_BLOCKED_BY_RESPONSE", -27},
    {"ERR_CONNECTION_CLOSED", -100},
    {"ERR_CONNECTION_RESET", -101},
    {"ERR_CONNECTION_REFUSED", -102},
    {"ERR_CONNECTION_ABORTED", -103},
    {"ERR_CONNECTION_FAILED", -104},
    {"ERR_NAME_NOT_RESOLVED", -105},
    {"ERR_INTERNET_DISCONNECTED", -106},
    {"ERR_SSL_PROTOCOL_ERROR", -107},
    {"ERR_ADDRESS_INVALID", -108},
    {"ERR_ADDRESS_UNREACHABLE", -109},
    {"ERR_TUNNEL_CONNECTION_FAILED", -111},
    {"ERR_SSL_VERSION_OR_CIPHER_MISMATCH", -113},
    {"ERR_CONNECTION_TIMED_OUT", -118},
    {"ERR_PROXY_CONNECTION_FAILED", -130},
    {"ERR_NAME_RESOLUTION_FAILED", -137},
    {"ERR_NETWORK_ACCESS_DENIED", -138},
    {"ERR_CERT_COMMON_NAME_INVALID", -200},
    {"ERR_CERT_DATE_INVALID", -201},
    {"ERR_CERT_AUTHORITY_INVALID", -202},
    {"ERR_CERT_CONTAINS_ERRORS", -203},
    {"ERR_CERT_REVOKED", -206},
    {"ERR_CERT_INVALID", -207},
    {"ERR_CERT_WEAK_SIGNATURE_ALGORITHM", -208},
    {"ERR_CERT_VALIDITY_TOO_LONG", -213},
    {"ERR_INVALID_URL", -300},
    {"ERR_DISALLOWED_URL_SCHEME", -301},
    {"ERR_UNKNOWN_URL_SCHEME", -302},
    {"ERR_INVALID_REDIRECT", -303},
    {"ERR_TOO_MANY_REDIRECTS", -310},
    {"ERR_UNSAFE_REDIRECT", -311},
    {"ERR_UNSAFE_PORT", -312},
    {"ERR_INVALID_RESPONSE", -320},
    {"ERR_INVALID_CHUNKED_ENCODING", -321},
    {"ERR_UNEXPECTED_PROXY_AUTH", -323},
    {"ERR_EMPTY_RESPONSE", -324},
    {"ERR_RESPONSE_HEADERS_TOO_BIG", -325},
    {"ERR_CONTENT_DECODING_FAILED", -330},
    {"ERR_HTTP2_PROTOCOL_ERROR", -337},
    {"ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH", -346},
    {"ERR_CONTENT_LENGTH_MISMATCH", -354},
    {"ERR_INCOMPLETE_CHUNKED_ENCODING", -355},
    {"ERR_INVALID_HTTP_RESPONSE", -370},
}};

}  // namespace

int net_error_number(std::string_view name) {
  const auto found =
      std::find_if(kErrors.begin(), kErrors.end(), [&](const auto& entry) { return entry.first == name; });
  return found == kErrors.end() ? -2 : found->second;
}

}  // namespace wye::vm
