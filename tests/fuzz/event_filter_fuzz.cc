// Filters of live streams from any query string: a filter survives being written and read again, and selects
// the events that it names and no others, in the stream and in the count of missed ones.
#include <sys/mman.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/unique_fd.h"
#include "events/event_filter.h"
#include "events/spool_index.h"
#include "invariant.h"
#include "wire/telemetry_types.h"

namespace wye::fuzz {
namespace {

using events::EventFilter;

std::string said_anew(const EventFilter& filter) {
  std::string out;
  for (const auto& name : filter.categories) out += "category[]=" + percent_encode(name) + "&";
  for (const auto& name : filter.types) out += "type=" + percent_encode(name) + "&";
  return out;
}

bool names(const std::vector<std::string>& list, const std::string& name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

// Makes one record for each byte, with a category and a type that filters often name.
void takes_what_it_names(const EventFilter& filter, Input& input) {
  static const char* const kCategories[] = {"control", "network", "page", "monitor"};
  static const char* const kTypes[] = {"a", "page_load", "network_request", "x-1.y"};
  const UniqueFd fd(::memfd_create("spool", MFD_CLOEXEC));
  auto log = events::SpoolLog::open(fd.get());
  WYE_INVARIANT(log);
  const auto after = static_cast<std::int64_t>(input.byte() % 16);
  std::int64_t seq = 0, expected = 0;
  while (!input.rest().empty() && seq < 64) {
    const auto byte = input.byte();
    const events::Record record{++seq, seq, kCategories[byte & 3], kTypes[(byte >> 2) & 3],
                                "{\"seq\":" + std::to_string(seq) + ",\"event\":{}}"};
    const bool is_named = names(filter.categories, record.category) && names(filter.types, record.type);
    WYE_INVARIANT(filter.takes(record) == is_named);
    WYE_INVARIANT(log->append(record));
    if (is_named && seq > after) ++expected;
  }
  WYE_INVARIANT(log->count(after, seq, filter) == expected);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const auto filter = events::parse_event_filter(input.line());
  if (!filter) {
    WYE_INVARIANT(filter.error().code == "bad_request");
    for (const char c : filter.error().message) WYE_INVARIANT(c >= 0x20 && c < 0x7f);
    return 0;
  }
  WYE_INVARIANT(filter->categories.size() <= 32 && filter->types.size() <= 64);
  for (const auto& name : filter->categories) WYE_INVARIANT(wire::find_telemetry_category(name) != nullptr);
  const auto again = events::parse_event_filter(fuzz::said_anew(*filter));
  WYE_INVARIANT(again && *again == *filter);
  fuzz::takes_what_it_names(*filter, input);
  return 0;
}
