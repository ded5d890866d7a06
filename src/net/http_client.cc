#include "net/http_client.h"

#include <curl/curl.h>

#include "base/try.h"
#include "net/curl_transfer.h"
#include "net/slot_pool.h"

namespace wye::net {

HttpClient::HttpClient(Options options) : options_(std::move(options)) {
  // libcurl asks for this once a process, before any thread uses it.
  static const CURLcode kOnce = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kOnce;
  pool_ = std::make_shared<SlotPool>();
}

HttpClient::~HttpClient() = default;

Result<std::unique_ptr<WireResponse>> HttpClient::send(const WireRequest& request) {
  WYE_CHECK(check_wire_request(request));
  auto transfer = std::make_unique<CurlTransfer>(pool_, options_);
  WYE_CHECK(transfer->begin(request));
  return std::unique_ptr<WireResponse>(std::move(transfer));
}

}  // namespace wye::net
