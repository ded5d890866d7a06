// Deciding, rewriting and learning: no answer plants a route that leads out of http, no request that climbs
// goes direct, a direct URL stays below its route and carries one token, and the API key never goes there.
#include <string>
#include <vector>

#include "base/encoding.h"
#include "invariant.h"
#include "routing/credentials.h"
#include "routing/decide.h"
#include "routing/direct_call.h"
#include "routing/learn.h"
#include "routing/query.h"

namespace wye::fuzz {
namespace {

class StillClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_micros() const override { return 1'800'000'000'000'000; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return {}; }
};

void learned_soundly(const routing::RouteCache& cache) {
  for (const auto& route : cache.list()) {
    WYE_INVARIANT(!route.session_id.empty());
    const auto url = routing::split_url(route.base_url);
    WYE_INVARIANT(url && url->query.empty());
    WYE_INVARIANT(route.base_url.find_first_of("#?\\ \r\n") == std::string::npos);
    WYE_INVARIANT(url->origin.find('@') == std::string::npos);
    WYE_INVARIANT(!route.base_url.ends_with('/'));
  }
}

// Checks independently: finds a tail that any server could read as climbing.
bool climbs(std::string_view tail) {
  for (;;) {
    const auto end = tail.find('/');
    const auto segment = percent_decode(tail.substr(0, end));
    if (segment == "." || segment == "..") return true;
    if (end == std::string_view::npos) return false;
    tail.remove_prefix(end + 1);
  }
}

void is_direct(const routing::Decision& decision, const routing::SplitUrl& url, const routing::BaseUrl& base,
               const routing::RouteCache& cache) {
  const auto& route = *decision.route;
  WYE_INVARIANT(url.origin == base.origin && !climbs(decision.path.tail));
  const auto target = routing::direct_url(route, decision.path.tail, url.query);
  WYE_INVARIANT((target.origin + target.path).starts_with(route.base_url + "/"));
  WYE_INVARIANT((target.origin + target.path).ends_with(decision.path.tail));
  const auto pair = "jwt=" + percent_encode(route.jwt);
  WYE_INVARIANT(target.query.ends_with(pair));
  const auto rest = std::string_view(target.query).substr(0, target.query.size() - pair.size());
  WYE_INVARIANT(!routing::has_jwt(rest));
  const routing::ApiKeyHolder holder(base, "sk_secret", cache);
  WYE_INVARIANT(!holder.may_see(target));
  HeaderFields fields{{"X-A", "Bearer sk_secret"}};
  holder.attach(target, fields);
  WYE_INVARIANT(fields.empty());
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const auto path = input.line();
  const std::string allowed(input.line());
  const auto answer = input.rest();

  const fuzz::StillClock clock;
  routing::RouteCache cache(clock, 4);
  routing::learn_from(answer, cache.begin(), cache);
  WYE_INVARIANT(cache.list().size() <= 4);
  fuzz::learned_soundly(cache);

  const routing::BaseUrl base{.origin = "http://api.test", .path = "/kernel/v1"};
  const auto url = routing::request_url(base, path);
  if (!url) return 0;
  const auto decision =
      routing::decide(base, *url, routing::AllowList::from_environment(allowed.c_str()), cache);
  WYE_INVARIANT(decision.reason != RouteReason::none);
  WYE_INVARIANT((decision.via == Via::direct) == (decision.route != nullptr));
  if (decision.via == Via::direct) fuzz::is_direct(decision, *url, base, cache);
  const auto plain = routing::without_jwt(url->query);
  WYE_INVARIANT(!routing::has_jwt(plain) && routing::without_jwt(plain) == plain);
  return 0;
}
