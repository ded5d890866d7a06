#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "net/tls/tls_identity.h"

namespace wye::control {

/// The certificate and key of a server, if it was given them. Its log says what an operator should know.
class Certificate {
 public:
  explicit Certificate(const Log& log) : log_(log) {}

  /// Two PEM files, or neither: then the server speaks plain HTTP.
  Result<void> load(const std::string& certificate, const std::string& key);
  /// Reads the files again; files that cannot be used change nothing.
  void reload();
  /// Warns when it is not for the host at which browsers are reached.
  void check_name(const std::string& host) const;

  /// Null: plain HTTP.
  [[nodiscard]] const net::TlsIdentity* identity() const { return identity_.get(); }
  [[nodiscard]] std::string scheme() const { return identity_ ? "https://" : "http://"; }

 private:
  void say_validity() const;

  const Log& log_;
  std::unique_ptr<net::TlsIdentity> identity_;
};

}  // namespace wye::control
