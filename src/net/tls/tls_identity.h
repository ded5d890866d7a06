#pragma once

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <string>

#include "wye/result.h"

namespace wye::net {

struct SslDeleter {
  void operator()(SSL* ssl) const;
};
struct SslContextDeleter {
  void operator()(SSL_CTX* context) const;
};
using Ssl = std::unique_ptr<SSL, SslDeleter>;

/// The PEM files of a server's certificate chain (its own certificate first) and its private key.
struct TlsFiles {
  std::string certificate, key;
};

/// A TLS server's certificate and key, read again on demand. Thread-safe.
class TlsIdentity {
 public:
  /// Errors are `invalid`, and name the file and the next step. By code: `tls_file_unreadable`,
  /// `tls_key_exposed` (any user of this host can read or replace the key), `tls_key_encrypted`,
  /// `tls_key_invalid`, `tls_certificate_invalid`, `tls_key_mismatch`.
  static Result<std::unique_ptr<TlsIdentity>> load(TlsFiles files);

  /// Reads both files again. An unusable pair changes nothing; open connections keep the old
  /// one.
  Result<void> reload();

  /// Returns the server's side of a new connection; null when there is no memory for it.
  [[nodiscard]] Ssl new_connection() const;
  /// Returns whether the certificate is for this name or address (`[…]` around an IPv6 one).
  [[nodiscard]] bool names(const std::string& host) const;
  /// Returns the end of its validity as OpenSSL writes it, and whether that has passed.
  [[nodiscard]] std::string valid_until() const;
  [[nodiscard]] bool has_expired() const;

 private:
  using Context = std::unique_ptr<SSL_CTX, SslContextDeleter>;
  explicit TlsIdentity(TlsFiles files) : files_(std::move(files)) {}
  static Result<Context> make_context(const TlsFiles& files);

  const TlsFiles files_;
  mutable std::mutex mutex_;
  Context context_;
};

}  // namespace wye::net
