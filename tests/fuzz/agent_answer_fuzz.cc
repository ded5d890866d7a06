// Lists of targets on their way from Chromium to the client: the token goes into the metro's own addresses
// and nowhere else, and our own targets stay hidden.
#include <boost/json/value.hpp>
#include <string>

#include "invariant.h"
#include "metro/agent_answer.h"
#include "vm/cdp/target_list.h"
#include "wire/json_codec.h"

namespace wye::fuzz {
namespace {

namespace json = boost::json;

constexpr std::string_view kJwt = "eyJT0KEN.x.y";
constexpr std::string_view kHost = "metro.test:8443";

// Checks every place where the token stands.
void only_in_own_addresses(const json::value& value, int depth) {
  if (const auto* text = value.if_string()) {
    const std::string_view view(*text);
    if (view.find(kJwt) == std::string_view::npos) return;
    WYE_INVARIANT(depth <= 2);
    WYE_INVARIANT(view.starts_with("ws://metro.test:8443/browser/") ||
                  view.starts_with("wss://metro.test:8443/browser/"));
    WYE_INVARIANT(view.ends_with(kJwt) && view.find('@') == std::string_view::npos);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) only_in_own_addresses(member.value(), depth + 1);
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) only_in_own_addresses(item, depth + 1);
  }
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  const auto body = fuzz::Input(data, size).rest();
  if (body.find(fuzz::kJwt) != std::string_view::npos || body.find("\\u") != std::string_view::npos) return 0;
  if (const auto shown = metro::with_jwt(body, fuzz::kJwt, fuzz::kHost)) {
    const auto parsed = wire::parse_json(*shown);
    WYE_INVARIANT(parsed);
    fuzz::only_in_own_addresses(*parsed, 0);
  }

  const vm::TargetView view{.scheme = "ws",
                            .host = std::string(fuzz::kHost),
                            .is_ours = [](std::string_view id) { return id == "OURS"; }};
  const auto listed = vm::shown_targets(body, view);
  if (!listed) return 0;
  WYE_INVARIANT(vm::shown_targets(*listed, view));
  const auto parsed = wire::parse_json(*listed);
  if (!parsed || !parsed->is_array()) return 0;
  for (const auto& target : parsed->get_array()) {
    const auto* object = target.if_object();
    if (object == nullptr) continue;
    const auto* id = object->if_contains("id");
    WYE_INVARIANT(id == nullptr || !id->is_string() || id->get_string() != "OURS");
    const auto* url = object->if_contains("webSocketDebuggerUrl");
    if (url != nullptr && url->is_string())
      WYE_INVARIANT(std::string_view(url->get_string()).starts_with("ws://metro.test:8443/browser/cdp"));
  }
  return 0;
}
