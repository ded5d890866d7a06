#include "events/record.h"

#include <algorithm>

namespace wye::events {
namespace {

constexpr std::size_t kMaxName = 64;

bool may_be_in_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}

}  // namespace

bool is_event_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), may_be_in_a_name);
}

}  // namespace wye::events
