#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "events/record.h"
#include "wye/result.h"

namespace wye::events {

/// Which events a live stream shows: those that are of one of the categories and of one of the types. An
/// empty list stands for all.
struct EventFilter {
  std::vector<std::string> categories, types;  ///< Sorted, each once.

  [[nodiscard]] bool is_all() const { return categories.empty() && types.empty(); }
  [[nodiscard]] bool takes(std::string_view category, std::string_view type) const;
  [[nodiscard]] bool takes(const Record& record) const { return takes(record.category, record.type); }
  friend auto operator<=>(const EventFilter&, const EventFilter&) = default;
};

/// Reads `category[]` and `type[]` of an encoded query string, in every encoding of arrays. `bad_request` for
/// a category that there is not; types may be ones that this build does not know.
[[nodiscard]] Result<EventFilter> parse_event_filter(std::string_view query);

}  // namespace wye::events
