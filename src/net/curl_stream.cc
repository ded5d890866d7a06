#include "net/curl_stream.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "net/curl_error.h"
#include "net/curl_way.h"

namespace wye::net {
namespace {

const Error kClosed{ErrorKind::disconnected, "disconnected", "the connection is closed"};

}  // namespace

Result<CurlHandle> curl_connect(const std::string& url, const HttpClient::Options& options,
                                std::chrono::milliseconds within) {
  CurlHandle easy(::curl_easy_init());
  char detail[CURL_ERROR_SIZE] = {};
  const auto set = [&easy](auto option, auto value) { ::curl_easy_setopt(easy.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // WebSockets have no other
  set(CURLOPT_HTTPPROXYTUNNEL, 1L);  // a proxy passes bytes on, and reads none
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(within.count()));
  set(CURLOPT_ERRORBUFFER, detail);
  set_curl_way(easy.get(), options, url);
  const auto code = ::curl_easy_perform(easy.get());
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  set(CURLOPT_TIMEOUT_MS, 0L);
  if (code != CURLE_OK) return error_of(code, detail, false);
  return easy;
}

CurlStream::CurlStream(boost::asio::io_context& io, CurlHandle connected)
    : easy_(std::move(connected)), ready_(io.get_executor()) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
  boost::system::error_code error;
  const int second = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (second >= 0) ready_.assign(second, error);
}

Task<Result<std::size_t>> CurlStream::read_some(std::span<char> out) {
  while (ready_.is_open()) {
    std::size_t size = 0;
    const auto code = ::curl_easy_recv(easy_.get(), out.data(), out.size(), &size);
    if (code == CURLE_OK) co_return size;
    if (code != CURLE_AGAIN) co_return error_of(code, "", true);
    const auto [failed] = co_await ready_.async_wait(Descriptor::wait_read, kAwait);
    if (failed) break;
  }
  co_return kClosed;
}

Task<Result<void>> CurlStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!ready_.is_open()) co_return kClosed;
    std::size_t size = 0;
    // TLS wants the same bytes again after it could not send them, which they are.
    const auto code = ::curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &size);
    if (code == CURLE_OK) bytes.remove_prefix(size);
    if (code != CURLE_OK && code != CURLE_AGAIN) co_return error_of(code, "", true);
    if (code != CURLE_AGAIN) continue;
    const auto [failed] = co_await ready_.async_wait(Descriptor::wait_write, kAwait);
    if (failed) co_return kClosed;
  }
  co_return Result<void>();
}

void CurlStream::shutdown_write() {
  if (ready_.is_open()) ::shutdown(ready_.native_handle(), SHUT_WR);
}

// The connection's other descriptor is libcurl's, and a coroutine may be in the middle of a call with it.
void CurlStream::close() {
  if (!ready_.is_open()) return;
  ::shutdown(ready_.native_handle(), SHUT_RDWR);
  boost::system::error_code ignored;
  ready_.close(ignored);
}

}  // namespace wye::net
