#include "routing/fallback.h"

#include <algorithm>
#include <array>

#include "wire/json_codec.h"

namespace wye::routing {
namespace {

constexpr std::array<std::string_view, 1> kRegistry{
    "telemetry/events",
};

}  // namespace

bool is_fallback_eligible(std::string_view tail) {
  return std::find(kRegistry.begin(), kRegistry.end(), tail) != kRegistry.end();
}

bool may_fall_back(std::string_view method, std::string_view tail, int status) {
  return status == 404 && method == "GET" && is_fallback_eligible(tail);
}

bool says_browser_gone(std::string_view body) {
  const auto parsed = wire::parse_json(body);
  if (!parsed || !parsed->is_object()) return false;
  const auto* code = parsed->get_object().if_contains("code");
  return code != nullptr && code->is_string() && code->get_string() == "browser_gone";
}

}  // namespace wye::routing
