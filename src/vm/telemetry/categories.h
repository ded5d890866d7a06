#pragma once

#include <set>
#include <string>

namespace wye::vm {

/// The names of the categories that are on.
using Categories = std::set<std::string, std::less<>>;

[[nodiscard]] const Categories& settable_categories();
[[nodiscard]] const Categories& default_categories();

/// Tells whether a category is on that only Chromium can report.
[[nodiscard]] bool needs_collector(const Categories& on);

}  // namespace wye::vm
