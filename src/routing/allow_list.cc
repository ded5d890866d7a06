#include "routing/allow_list.h"

#include <algorithm>

namespace wye::routing {

AllowList::AllowList(const std::vector<std::string>& entries) {
  constexpr std::string_view kAround = "/ \t\r\n";
  for (const std::string_view entry : entries) {
    const auto first = entry.find_first_not_of(kAround);
    if (first == std::string_view::npos) continue;
    entries_.emplace_back(entry.substr(first, entry.find_last_not_of(kAround) - first + 1));
  }
}

AllowList AllowList::usual(const wire::VmCalls& calls) {
  std::vector<std::string> entries;
  for (const auto& call : calls.rows())
    if (!call.direct.empty() && std::find(entries.begin(), entries.end(), call.direct) == entries.end())
      entries.emplace_back(call.direct);
  return AllowList(entries);
}

AllowList AllowList::from_environment(const char* value) {
  if (value == nullptr) return usual();
  std::vector<std::string> entries;
  for (std::string_view rest(value);;) {
    const auto comma = rest.find(',');
    entries.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return AllowList(entries);
    rest.remove_prefix(comma + 1);
  }
}

bool AllowList::covers(std::string_view tail) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const std::string& entry) {
    return tail.starts_with(entry) && (tail.size() == entry.size() || tail[entry.size()] == '/');
  });
}

}  // namespace wye::routing
