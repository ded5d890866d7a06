#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/testing/raw_connection.h"
#include "net/testing/test_certificate.h"

// Tests only: a blocking TLS client that trusts one authority and shows how a connection ends.
namespace wye::net::testing {

class TlsClient {
 public:
  struct Options {
    int max_version = 0;                 ///< 0: the newest.
    std::string_view protocols = {};     ///< For ALPN, in its wire form; "": none.
    const char* expected = "127.0.0.1";  ///< The address that the certificate must name.
  };
  TlsClient(std::uint16_t port, const TestCertificate& authority) : TlsClient(port, authority, Options()) {}
  TlsClient(std::uint16_t port, const TestCertificate& authority, Options options)
      : raw_(RawConnection::to_tcp(port)),
        context_(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free),
        ssl_(nullptr, &::SSL_free) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(raw_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::X509_STORE_add_cert(::SSL_CTX_get_cert_store(context_.get()), authority.x509());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (options.max_version != 0) ::SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
    ssl_.reset(::SSL_new(context_.get()));
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), options.expected);
    if (!options.protocols.empty())
      ::SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.protocols.data()),
                            static_cast<unsigned>(options.protocols.size()));
    ::SSL_set_fd(ssl_.get(), raw_.fd());
    ::ERR_clear_error();
    connected_ = ::SSL_connect(ssl_.get()) == 1;
  }

  [[nodiscard]] explicit operator bool() const { return connected_; }
  bool send(std::string_view bytes) {
    ::ERR_clear_error();
    return bytes.empty() || ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  std::string read_until(std::string_view mark) {
    while (pending_.find(mark) == std::string::npos && more()) {
    }
    return take(pending_.find(mark) == std::string::npos ? 0 : pending_.find(mark) + mark.size());
  }
  std::string read_exactly(std::size_t size) {
    while (pending_.size() < size && more()) {
    }
    return take(std::min(size, pending_.size()));
  }
  std::string read_to_end() {
    while (more()) {
    }
    return take(pending_.size());
  }
  /// After a read came to the end: whether the server said that it was one.
  [[nodiscard]] bool was_ended() const {
    return (::SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  /// No more from here; what the server says is still read.
  void end_writing() { ::SSL_shutdown(ssl_.get()); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    ::SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }
  [[nodiscard]] int version() const { return ::SSL_version(ssl_.get()); }
  RawConnection& raw() { return raw_; }

 private:
  bool more() {
    char block[64 * 1024];
    ::ERR_clear_error();
    const int got = ::SSL_read(ssl_.get(), block, sizeof block);
    if (got <= 0) return false;
    pending_.append(block, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t size) {
    auto out = pending_.substr(0, size);
    pending_.erase(0, size);
    return out;
  }

  RawConnection raw_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  std::string pending_;
  bool connected_ = false;
};

}  // namespace wye::net::testing
