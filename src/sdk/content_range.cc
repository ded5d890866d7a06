#include "sdk/content_range.h"

#include <charconv>

namespace wye::sdk {

std::optional<std::int64_t> read_count(std::string_view text) {
  std::int64_t out = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || error != std::errc() || at != end || out < 0 || text.front() == '-')
    return std::nullopt;
  return out;
}

std::optional<ContentRange> read_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto first = read_count(text.substr(0, dash)),
             last = read_count(text.substr(dash + 1, slash - dash - 1)),
             size = read_count(text.substr(slash + 1));
  if (!first || !last || !size || *first > *last || *last >= *size) return std::nullopt;
  return ContentRange{*first, *last, *size};
}

}  // namespace wye::sdk
