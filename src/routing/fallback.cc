#include "routing/fallback.h"

#include "wire/json_codec.h"

namespace wye::routing {

bool is_fallback_eligible(std::string_view tail, const wire::VmCalls& calls) {
  return calls.find("GET", tail).in_registry;
}

bool may_fall_back(std::string_view method, std::string_view tail, int status, const wire::VmCalls& calls) {
  return status == 404 && method == "GET" && is_fallback_eligible(tail, calls);
}

bool says_browser_gone(std::string_view body) {
  const auto parsed = wire::parse_json(body);
  if (!parsed || !parsed->is_object()) return false;
  const auto* code = parsed->get_object().if_contains("code");
  return code != nullptr && code->is_string() && code->get_string() == "browser_gone";
}

}  // namespace wye::routing
