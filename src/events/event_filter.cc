#include "events/event_filter.h"

#include <algorithm>

#include "base/try.h"
#include "events/paging.h"
#include "wire/telemetry_types.h"

namespace wye::events {
namespace {

constexpr std::size_t kMaxCategories = 32, kMaxTypes = 64;

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

Result<std::vector<std::string>> names(std::string_view query, std::string_view parameter, std::size_t most) {
  auto out = array_parameter(query, parameter);
  if (out.size() > most) return bad("at most " + std::to_string(most) + " of " + std::string(parameter));
  for (const auto& name : out)
    if (!is_event_name(name))
      return bad(std::string(parameter) + " must be 1 to 64 letters, digits, '_', '.' or '-'");
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool holds(const std::vector<std::string>& sorted, std::string_view name) {
  return sorted.empty() || std::binary_search(sorted.begin(), sorted.end(), name, std::less<>());
}

}  // namespace

bool EventFilter::takes(std::string_view category, std::string_view type) const {
  return holds(categories, category) && holds(types, type);
}

Result<EventFilter> parse_event_filter(std::string_view query) {
  EventFilter filter;
  WYE_TRY(filter.categories, names(query, "category", kMaxCategories));
  WYE_TRY(filter.types, names(query, "type", kMaxTypes));
  for (const auto& name : filter.categories)
    if (wire::find_telemetry_category(name) == nullptr)
      return bad("category " + name + " is not one of telemetry's");
  return filter;
}

}  // namespace wye::events
