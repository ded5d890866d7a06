#include "vm/telemetry/categories.h"

#include <algorithm>

#include "wire/telemetry_types.h"

namespace wye::vm {
namespace {

Categories those(bool (*of)(const wire::TelemetryCategoryInfo&)) {
  Categories out;
  for (const auto& category : wire::telemetry_categories())
    if (of(category)) out.emplace(category.name);
  return out;
}

}  // namespace

const Categories& settable_categories() {
  static const auto kAll = those([](const auto& category) { return category.settable; });
  return kAll;
}

const Categories& default_categories() {
  static const auto kDefault = those([](const auto& category) { return category.by_default; });
  return kDefault;
}

bool needs_collector(const Categories& on) {
  return std::any_of(on.begin(), on.end(), [](const auto& name) {
    const auto* category = wire::find_telemetry_category(name);
    return category != nullptr && category->from_browser;
  });
}

}  // namespace wye::vm
