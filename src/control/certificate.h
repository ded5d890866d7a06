#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "net/tls/tls_identity.h"

namespace wye::control {

/// The certificate and key that a server was given, if it was; says in the log what an operator should know.
class Certificate {
 public:
  explicit Certificate(const Log& log) : log_(log) {}

  /// Two PEM files, or neither: then the server speaks plain HTTP.
  Result<void> load(const std::string& certificate, const std::string& key);
  /// Reads the files again; what cannot be used changes nothing.
  void reload();
  /// Warns when it is not for the host that browsers are reached by.
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
