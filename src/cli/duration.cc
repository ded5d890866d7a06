#include "cli/duration.h"

#include <charconv>

namespace wye::cli {

Result<std::chrono::seconds> parse_duration(const std::string& text) {
  constexpr std::int64_t kLongest = 10LL * 366 * 24 * 3600;
  struct Unit {
    std::string_view name;
    std::int64_t seconds;
  };
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc() && number >= 0) {
    if (number == 0 && unit.empty()) return std::chrono::seconds(0);
    for (const auto& [name, seconds] : {Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 24 * 3600}})
      if (unit == name && number <= kLongest / seconds) return std::chrono::seconds(number * seconds);
  }
  return Error{.kind = ErrorKind::invalid,
               .code = "usage",
               .message = "a time is a number with s, m, h or d, such as 24h, and up to ten years"};
}

}  // namespace wye::cli
