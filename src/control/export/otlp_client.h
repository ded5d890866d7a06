#pragma once

#include <curl/curl.h>

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "control/export/delivery.h"
#include "control/store/export_store.h"

namespace wye::control::otlp {

enum class Signal { logs, traces };

/// Sends OTLP/HTTP requests to one destination on a kept connection. Checks the certificate, follows no
/// redirect, uses no proxy of the environment, and judges every address before it connects (address_rule.h).
/// One thread at a time.
class OtlpClient {
 public:
  OtlpClient(bool private_allowed, const Clock& clock);
  /// `body` is encoded in the destination's protocol; this call compresses it. Blocks for at most 10 s.
  Delivery send(const Destination& destination, Signal signal, const std::string& body,
                const std::stop_token& stop);

 private:
  struct Exchange;
  std::unique_ptr<CURL, void (*)(CURL*)> easy_;
  const bool private_allowed_;
  const Clock& clock_;
};

}  // namespace wye::control::otlp
