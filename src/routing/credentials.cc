#include "routing/credentials.h"

#include <algorithm>

#include "base/encoding.h"

namespace wye::routing {

ApiKeyHolder::ApiKeyHolder(BaseUrl base, std::string api_key, const RouteCache& cache)
    : base_(std::move(base)),
      resolved_base_{base_.origin, base_.path.empty() ? "" : resolved_path(base_.path)},
      api_key_(std::move(api_key)),
      cache_(cache) {}

bool ApiKeyHolder::may_see(const SplitUrl& url) const {
  if (!path_below(base_, url)) return false;
  const SplitUrl resolved{.origin = url.origin, .path = resolved_path(url.path)};
  return path_below(resolved_base_, resolved) && !cache_.is_below_a_route(url.origin, url.path) &&
         !cache_.is_below_a_route(resolved.origin, resolved.path);
}

void ApiKeyHolder::attach(const SplitUrl& url, HeaderFields& headers) const {
  if (!may_see(url)) return strip(headers);
  const bool has_own = std::any_of(headers.begin(), headers.end(),
                                   [](const auto& f) { return iequals(f.first, "authorization"); });
  if (!has_own && !api_key_.empty()) headers.emplace_back("Authorization", "Bearer " + api_key_);
}

void ApiKeyHolder::strip(HeaderFields& headers) const {
  std::erase_if(headers, [&](const auto& field) {
    return !api_key_.empty() && field.second.find(api_key_) != std::string::npos;
  });
}

HeaderFields for_the_vm(const HeaderFields& headers) {
  auto out = without_host(headers);
  std::erase_if(out, [](const auto& field) { return iequals(field.first, "authorization"); });
  return out;
}

HeaderFields without_host(const HeaderFields& headers) {
  auto out = headers;
  std::erase_if(out, [](const auto& field) { return iequals(field.first, "host"); });
  return out;
}

}  // namespace wye::routing
