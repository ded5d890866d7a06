// A request's path at the metro: it names one place in one VM, climbs nowhere, and passes no token on.
#include <string>

#include "base/encoding.h"
#include "base/random.h"
#include "invariant.h"
#include "metro/call_policy.h"
#include "metro/metro_path.h"

namespace wye::fuzz {
namespace {

// Checks independently: decodes every segment once.
bool climbs(std::string_view path) {
  while (!path.empty()) {
    const auto end = path.find('/');
    const auto segment = percent_decode(path.substr(0, end)).value_or("..");
    if (segment == "." || segment == ".." || segment.find_first_of("/\\") != std::string::npos) return true;
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const auto path = input.line();
  const auto method = input.line();
  const auto query = input.rest();

  const auto where = metro::parse_metro_path(path);
  WYE_INVARIANT(where.session_id.empty() || is_id(where.session_id));
  if (!where.agent_path.empty()) {
    WYE_INVARIANT(where.surface != metro::Surface::none && path.ends_with(where.agent_path));
    WYE_INVARIANT(where.agent_path.starts_with('/') && !fuzz::climbs(where.agent_path));
    WYE_INVARIANT(!where.tail.starts_with('/') && where.tail.find("//") == std::string::npos);
    WYE_INVARIANT(metro::decoded_tail(where.agent_path) == where.tail);
    const auto policy = where.surface == metro::Surface::api ? metro::api_policy(method, where.tail)
                                                             : metro::socket_policy(method, where.tail);
    if (policy.passage == metro::Passage::forwarded)
      WYE_INVARIANT(wire::vm_calls().find(method, where.tail).call != nullptr);
    if (policy.registry_tail) WYE_INVARIANT(wire::vm_calls().find("GET", where.tail).call->falls_back);
    if (policy.carries_authorization) WYE_INVARIANT(where.tail == wire::kRawFetch);
  } else {
    WYE_INVARIANT(where.tail.empty());
  }

  std::string jwt;
  const auto plain = metro::without_jwt(query, &jwt);
  std::string none;
  WYE_INVARIANT(metro::without_jwt(plain, &none) == plain && none.empty());
  WYE_INVARIANT(plain.size() <= query.size());
  return 0;
}
