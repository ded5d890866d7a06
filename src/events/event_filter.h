#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "events/record.h"
#include "wye/result.h"

namespace wye::events {

/// Selects the events of a live stream: those of one of the categories and of one of the types. An empty list
/// selects all.
struct EventFilter {
  std::vector<std::string> categories, types;  ///< Sorted, without duplicates.

  [[nodiscard]] bool is_all() const { return categories.empty() && types.empty(); }
  [[nodiscard]] bool takes(std::string_view category, std::string_view type) const;
  [[nodiscard]] bool takes(const Record& record) const { return takes(record.category, record.type); }
  friend auto operator<=>(const EventFilter&, const EventFilter&) = default;
};

/// Reads `category[]` and `type[]` of an encoded query string, in every encoding of arrays. An unknown
/// category is `bad_request`; an unknown type is not, since a newer agent may send it.
[[nodiscard]] Result<EventFilter> parse_event_filter(std::string_view query);

}  // namespace wye::events
