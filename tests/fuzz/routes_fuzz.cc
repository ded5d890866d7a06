// The route of a method and a path: there is one meaning, and parameters are what they look like.
#include <string>

#include "base/encoding.h"
#include "invariant.h"
#include "net/route_table.h"

namespace {

using wye::net::RouteTable;

RouteTable table() {
  RouteTable out;
  for (const char* pattern : {"/browsers", "/browsers/{}", "/browsers/{}/telemetry/events", "/browsers/{}/**",
                              "/fs/watch/{}", "/fs/{}/events", "/a/{}/b/{}/c/{}", "/files/**"})
    out.add("GET", pattern, RouteTable::Head::by_get);
  out.add("POST", "/browsers", RouteTable::Head::by_get);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  using Outcome = RouteTable::Outcome;
  static const auto routes = table();
  fuzz::Input input(data, size);
  const auto method = input.line();
  const auto path = input.rest();

  const auto found = routes.find(method, path);
  WYE_INVARIANT((found.outcome == Outcome::no_method) == !found.allow.empty());
  WYE_INVARIANT(path.starts_with('/') || found.outcome == Outcome::malformed);
  if (found.outcome == Outcome::no_method)
    WYE_INVARIANT(method != "GET" && routes.find("GET", path).outcome == Outcome::found);
  if (found.outcome != Outcome::found) return 0;

  for (std::size_t i = 0; i < found.parameters.size(); ++i) {
    const auto& value = found.parameters[i];
    WYE_INVARIANT(!value.empty() && value.size() <= net::PathParameters::kMaxBytes && is_utf8(value));
    WYE_INVARIANT(value != "." && value != "..");
    WYE_INVARIANT(value.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos);
    WYE_INVARIANT(path.find(value) != std::string_view::npos || path.find('%') != std::string_view::npos);
  }
  const auto rest = found.parameters.rest();
  WYE_INVARIANT(rest.empty() || (path.find(rest) != std::string_view::npos && !rest.ends_with('/')));

  const auto again = routes.find(method, std::string(path) + "/");
  WYE_INVARIANT(again.outcome == Outcome::found && again.route == found.route);
  WYE_INVARIANT(again.parameters.size() == found.parameters.size());
  if (method == "GET") WYE_INVARIANT(routes.find("HEAD", path).route == found.route);
  return 0;
}
