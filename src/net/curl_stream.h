#pragma once

#include <curl/curl.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "net/http_client.h"
#include "net/socket.h"

namespace wye::net {

struct CurlHandleDeleter {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
using CurlHandle = std::unique_ptr<CURL, CurlHandleDeleter>;

/// Connects to the host of an http or https URL as HttpClient does: with its authorities, its proxy, and TLS
/// for https. Sends no request. Blocks; the errors are those of `HttpClient::send`.
[[nodiscard]] Result<CurlHandle> curl_connect(const std::string& url, const HttpClient::Options& options,
                                              std::chrono::milliseconds within);

/// Such a connection as bytes, for a protocol that libcurl does not speak. One io_context, and one read and
/// one write at a time.
class CurlStream final : public ByteStream {
 public:
  CurlStream(boost::asio::io_context& io, CurlHandle connected);
  ~CurlStream() override { close(); }
  CurlStream(const CurlStream&) = delete;
  CurlStream& operator=(const CurlStream&) = delete;

  Task<Result<std::size_t>> read_some(std::span<char> out) override;
  Task<Result<void>> write(std::string_view bytes) override;
  void shutdown_write() override;
  void close() override;

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  CurlHandle easy_;
  Descriptor ready_;  // a second descriptor of its socket, to wait with; closed with it
};

}  // namespace wye::net
