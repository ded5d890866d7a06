// URLs: a URL that was split is the same when it is split again, and no Location leads to a scheme, a user or
// a place that it does not name.
#include <string>

#include "invariant.h"
#include "net/loopback_host.h"
#include "routing/url.h"

namespace wye::fuzz {
namespace {

void is_sound(const routing::SplitUrl& url) {
  WYE_INVARIANT(url.origin.starts_with("http://") || url.origin.starts_with("https://"));
  const auto host = url.origin.substr(url.origin.find("://") + 3);
  WYE_INVARIANT(!host.empty() && host.find_first_of("@/?# \r\n\t\\") == std::string::npos);
  WYE_INVARIANT(host.starts_with('[') || host.find('%') == std::string::npos);
  const bool loopback = net::is_loopback_host(net::host_of_url(url.origin));
  WYE_INVARIANT(host.starts_with('[') || host.find(':') != std::string::npos ||
                loopback == net::is_loopback_host(host + "."));
  WYE_INVARIANT(url.path.starts_with('/'));
  WYE_INVARIANT(url.path.find_first_of("?# \r\n") == std::string::npos);
  WYE_INVARIANT(url.query.find_first_of("# \r\n") == std::string::npos);
  const auto again = routing::split_url(url.text());
  WYE_INVARIANT(again && again->origin == url.origin && again->path == url.path && again->query == url.query);
}

void is_resolved(const std::string& path) {
  std::string_view rest = path;
  WYE_INVARIANT(rest.starts_with('/'));
  while (!rest.empty()) {
    const auto end = rest.find('/');
    const auto segment = rest.substr(0, end);
    WYE_INVARIANT(segment != "." && segment != "..");
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const auto text = input.line();
  const auto location = input.rest();
  if (const auto url = routing::split_url(text)) {
    fuzz::is_sound(*url);
    if (const auto next = routing::resolve_location(*url, location)) fuzz::is_sound(*next);
    fuzz::is_resolved(routing::resolved_path(url->path));
  }
  if (const auto base = routing::parse_base_url(text)) {
    WYE_INVARIANT(!base->path.ends_with('/'));
    if (const auto below = routing::request_url(*base, location)) {
      const auto rest = routing::path_below(*base, *below);
      if (rest && below->origin == base->origin)
        WYE_INVARIANT(base->path + std::string(*rest) == below->path);
    }
  }
  return 0;
}
