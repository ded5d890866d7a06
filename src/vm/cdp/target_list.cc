#include "vm/cdp/target_list.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "wire/json_codec.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

void rewrite_address(json::object& target, const TargetView& view) {
  auto* address = target.if_contains("webSocketDebuggerUrl");
  if (address == nullptr || !address->is_string()) return;
  const std::string text(address->get_string());
  const auto path = text.find('/', text.find("://") + 3);
  *address =
      view.scheme + "://" + view.host + "/browser/cdp" + (path == std::string::npos ? "" : text.substr(path));
  target.erase("devtoolsFrontendUrl");  // leads to a page outside
}

bool hide(const json::value& target, const TargetView& view) {
  const auto* object = target.if_object();
  const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
  return id != nullptr && id->is_string() && view.is_ours(std::string_view(id->get_string()));
}

}  // namespace

std::optional<std::string> shown_targets(std::string_view body, const TargetView& view) {
  auto parsed = wire::parse_json(body);
  if (!parsed) return std::nullopt;
  if (auto* list = parsed->if_array()) {
    json::array shown;
    for (auto& target : *list) {
      if (hide(target, view)) continue;
      if (target.is_object()) rewrite_address(target.get_object(), view);
      shown.push_back(std::move(target));
    }
    return json::serialize(shown);
  }
  if (auto* object = parsed->if_object()) {
    rewrite_address(*object, view);
    return json::serialize(*object);
  }
  return std::string(body);
}

}  // namespace wye::vm
