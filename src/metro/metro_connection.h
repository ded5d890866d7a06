#pragma once

#include <memory>
#include <string>

#include "metro/downstream.h"
#include "metro/metro.h"
#include "metro/proxy.h"
#include "metro/token_cache.h"

namespace wye::metro {

/// What the connections of one thread of the metro share.
struct MetroWorker : net::ConnectionSet {
  MetroWorker(boost::asio::io_context& io_in, const TokenVerifier& tokens_in, const Clock& clock_in,
              const MetroOptions& options_in, SessionDirectory& directory, RecordLookup& records,
              const Log& log, std::string id_prefix);

  TokenCache tokens;
  const Clock& clock;
  const MetroOptions& options;
  const std::string public_scheme;
  const std::string public_host;  ///< "" where it is not known, or each session has its own.
  Proxy proxy;
  LegCounters counters;
};

/// A client's connection to the metro: each request is checked and forwarded, or answered here.
class MetroConnection final : public net::ClientConnection {
 public:
  MetroConnection(net::Socket socket, const std::shared_ptr<MetroWorker>& worker,
                  net::DescriptorBudget::Place place, std::string peer)
      : ClientConnection(std::move(socket), worker, std::move(place), std::move(peer)), worker_(*worker) {}

 private:
  net::Task<> handle() override;
  void handled() override;
  net::Response refusal(int status, std::string_view message) override;
  /// Returns whether `request_` is to be forwarded; else `own_` is the answer.
  bool route();
  bool refuse_as(net::Response answer, Reason reason);
  [[nodiscard]] net::Response wrong_cdp_url() const;
  [[nodiscard]] const VerifiedToken* check_token(std::string_view token);

  MetroWorker& worker_;  // the base owns it
  Downstream client_{*this, worker_.counters};

  std::string own_host_;  // set where each session has a host of its own
  std::string token_;     // the last one used here, and its claims
  std::shared_ptr<const VerifiedToken> token_says_;
  std::string target_;
  std::string query_;
  std::string jwt_;
  ProxyRequest request_;
  net::Response own_;
};

}  // namespace wye::metro
