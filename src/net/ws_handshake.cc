#include "net/ws_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "base/encoding.h"

namespace wye::net {
namespace {

constexpr std::string_view kVersion = "13", kKeyField = "Sec-WebSocket-Key";
constexpr std::size_t kKeyBytes = 16;

std::string sha1(std::string_view bytes) {
  std::string out(20, '\0');
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &length,
                 EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("OpenSSL refused SHA-1");
  return out;
}

bool is_key(const Headers& headers) {
  const auto named = std::count_if(headers.begin(), headers.end(),
                                   [](const auto& field) { return iequals(field.first, kKeyField); });
  const auto bytes = base64_decode(headers.get(kKeyField));
  return named == 1 && bytes && bytes->size() == kKeyBytes;
}

Error bad(std::string message, int status = 400) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message), .status = status};
}

}  // namespace

Result<std::string> accept_websocket(const RequestHead& request) {
  if (request.method != "GET" || !iequals(request.upgrade, "websocket"))
    return bad("this call is a WebSocket");
  if (request.headers.get("Sec-WebSocket-Version") != kVersion)
    return bad("the version of the WebSocket protocol must be 13", 426);
  if (!is_key(request.headers)) return bad("Sec-WebSocket-Key must be 16 bytes in base64");
  const std::string key(request.headers.get(kKeyField));
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         base64(sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) + "\r\n\r\n";
}

}  // namespace wye::net
