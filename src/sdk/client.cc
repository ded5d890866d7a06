#include "wye/client.h"

#include "routing/fallback.h"
#include "sdk/client_core.h"

namespace wye {

bool is_fallback_eligible(std::string_view tail) { return routing::is_fallback_eligible(tail); }

Client::Client(ClientOptions options) : core_(std::make_shared<ClientCore>(std::move(options))) {}

Result<Response> Client::request(const Request& request, CallOptions call) const {
  return core_->request(request, call);
}

Result<ResponseStream> Client::open(const Request& request, CallOptions call) const {
  return core_->open(request, call, true);
}

const std::string& Client::base_url() const { return core_->base_url(); }

std::vector<KnownRoute> Client::routes() const {
  std::vector<KnownRoute> out;
  for (auto& route : core_->routes().list()) {
    out.push_back({.session_id = std::move(route.session_id),
                   .base_url = std::move(route.base_url),
                   .expires_at = route.expires_at});
    if (route.name) out.back().names.push_back(std::move(*route.name));
  }
  return out;
}

}  // namespace wye
