// The body of a create or an update: an accepted one is within the contract's bounds, plants no route in its
// echo, and is accepted again in its stored form.
#include <boost/json/serialize.hpp>
#include <string>

#include "base/encoding.h"
#include "control/browsers/browser_rules.h"
#include "control/browsers/telemetry_settings.h"
#include "invariant.h"
#include "routing/learn.h"
#include "wire/describe.h"

namespace wye::fuzz {
namespace {

namespace json = boost::json;

bool plants_a_route(const json::value& value) {
  if (const auto* object = value.if_object()) {
    if (object->contains("session_id") && object->contains("base_url")) return true;
    for (const auto& member : *object)
      if (plants_a_route(member.value())) return true;
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array)
      if (plants_a_route(item)) return true;
  }
  return false;
}

void name_is_sound(const std::string& name) {
  WYE_INVARIANT(!name.empty() && name.size() <= 255 && name != "." && name != "..");
  WYE_INVARIANT(name.find_first_of("/\\%\r\n") == std::string::npos && is_utf8(name));
}

void is_within_bounds(const BrowserCreate& create) {
  if (create.name) name_is_sound(*create.name);
  if (create.timeout_seconds)
    WYE_INVARIANT(*create.timeout_seconds >= 10 && *create.timeout_seconds <= 259'200);
  if (create.tags) WYE_INVARIANT(create.tags->size() <= 50);
  if (create.viewport) {
    WYE_INVARIANT(create.viewport->width >= 1 && create.viewport->width <= 16'384);
    WYE_INVARIANT(create.viewport->height >= 1 && create.viewport->height <= 16'384);
  }
  if (create.start_url) WYE_INVARIANT(create.start_url->size() <= 2048);
  WYE_INVARIANT(!plants_a_route(wire::to_json(create)));
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  const auto body = fuzz::Input(data, size).rest();
  const auto create = control::read_create(body);
  if (create) {
    fuzz::is_within_bounds(*create);
    const auto said = wire::to_text(*create);
    const auto again = control::read_create(said);
    WYE_INVARIANT(again && wire::to_text(*again) == said);
    (void)control::telemetry_on_create(create->telemetry);
  } else {
    WYE_INVARIANT(!create.error().code.empty() && !create.error().message.empty());
  }
  const auto update = control::read_update(body);
  if (update && update->name && !update->name->empty()) fuzz::name_is_sound(*update->name);
  if (update) {
    const auto settings = control::telemetry_on_update(update->telemetry, {});
    if (settings && *settings) WYE_INVARIANT(!(*settings)->empty());
  }
  return 0;
}
