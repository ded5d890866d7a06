#include "control/browsers/unserved_fields.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <string_view>

#include "base/try.h"
#include "wire/known_api.h"

namespace wye::control {

namespace json = boost::json;

namespace {

constexpr std::string_view kOnBoth[] = {
    "location", "network.allowed_hosts", "network.proxy_routes", "vaults", "video_memory",
};
constexpr std::string_view kOnUpdate[] = {"start_url"};
// What is captured is always archived: `true`, the default, is what happens.
constexpr std::string_view kStorage = "telemetry.storage.enabled";

// Returns the value below dotted names, or null.
const json::value* find(const json::object& body, std::string_view path) {
  const auto* object = &body;
  while (true) {
    const auto dot = std::min(path.find('.'), path.size());
    const auto* value = object->if_contains(path.substr(0, dot));
    if (value == nullptr || dot == path.size()) return value;
    object = value->if_object();
    if (object == nullptr) return nullptr;
    path.remove_prefix(dot + 1);
  }
}

bool asks_for_nothing(const json::value& value) {
  if (const auto* object = value.if_object())
    return std::all_of(object->begin(), object->end(),
                       [](const auto& member) { return asks_for_nothing(member.value()); });
  if (const auto* array = value.if_array()) return array->empty();
  if (const auto* text = value.if_string()) return text->empty();
  return value.is_null() || (value.is_bool() && !value.get_bool());
}

}  // namespace

Result<void> check_served_on_create(const json::object& body) {
  for (const auto field : kOnBoth)
    if (const auto* value = find(body, field); value != nullptr && !asks_for_nothing(*value))
      return wire::not_implemented(field);
  const auto* storage = find(body, kStorage);
  if (storage != nullptr && !storage->is_null() && *storage != true) return wire::not_implemented(kStorage);
  return {};
}

Result<void> check_served_on_update(const json::object& body) {
  for (const auto field : kOnUpdate)
    if (const auto* value = find(body, field); value != nullptr && !asks_for_nothing(*value))
      return wire::not_implemented(field);
  return check_served_on_create(body);
}

}  // namespace wye::control
