#include "control/certificate.h"

#include "base/try.h"

namespace wye::control {

Result<void> Certificate::load(const std::string& certificate, const std::string& key) {
  if (certificate.empty() != key.empty())
    return Error{
        .kind = ErrorKind::invalid, .code = "bad_request", .message = "--tls-cert and --tls-key go together"};
  if (certificate.empty()) return {};
  WYE_TRY(identity_, net::TlsIdentity::load({certificate, key}));
  say_validity();
  return {};
}

void Certificate::reload() {
  if (!identity_) return log_.info("there is no certificate to read again");
  if (const auto reloaded = identity_->reload(); !reloaded)
    return log_.error("the new certificate or key cannot be used; the old ones stay",
                      {{"code", reloaded.error().code}, {"error", reloaded.error().message}});
  log_.info("certificate and key were read again");
  say_validity();
}

void Certificate::say_validity() const {
  if (identity_->has_expired())
    log_.warn("the certificate has expired; clients will refuse it", {{"until", identity_->valid_until()}});
  else
    log_.info("certificate", {{"until", identity_->valid_until()}});
}

void Certificate::check_name(const std::string& host) const {
  if (identity_ && !identity_->names(host))
    log_.warn("the certificate is not for the metro's host, which browsers are reached by; see --metro-url",
              {{"host", host}});
}

}  // namespace wye::control
