#include "vm/fs/byte_range.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"

namespace wye::vm {
namespace {

constexpr std::string_view kUnit = "bytes=";

// Digits only; a number too large for 64 bits is as large as can be.
std::optional<std::uint64_t> number_of(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return UINT64_MAX;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

RangeAsked read_range(std::string_view field, std::uint64_t size) {
  using Kind = RangeAsked::Kind;
  if (field.size() < kUnit.size() || !iequals(field.substr(0, kUnit.size()), kUnit)) return {};
  const auto spec = trimmed(field.substr(kUnit.size()));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first_text = spec.substr(0, dash), last_text = spec.substr(dash + 1);
  if (first_text.empty()) {  // the last bytes of the file
    const auto suffix = number_of(last_text);
    if (!suffix) return {};
    if (*suffix == 0 || size == 0) return {.kind = Kind::unsatisfiable};
    const auto length = std::min(*suffix, size);
    return {.kind = Kind::part, .part = {size - length, length}};
  }
  const auto first = number_of(first_text);
  const auto last = last_text.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number_of(last_text);
  if (!first || !last || *first > *last) return {};
  if (*first >= size) return {.kind = Kind::unsatisfiable};
  return {.kind = Kind::part, .part = {*first, std::min(*last, size - 1) - *first + 1}};
}

}  // namespace wye::vm
