#pragma once

#include <set>
#include <string>

namespace wye::vm {

/// Names of categories that are on.
using Categories = std::set<std::string, std::less<>>;

[[nodiscard]] const Categories& settable_categories();
[[nodiscard]] const Categories& default_categories();

/// Whether a category is on that is seen in Chromium only.
[[nodiscard]] bool needs_collector(const Categories& on);

}  // namespace wye::vm
