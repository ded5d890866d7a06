#include "cli/byte_size.h"

#include <charconv>
#include <limits>

#include "base/encoding.h"

namespace wye::cli {
namespace {

struct Unit {
  const char* name;
  std::int64_t bytes;
};
constexpr Unit kUnits[] = {{"", 1},
                           {"B", 1},
                           {"kB", 1'000},
                           {"MB", 1'000'000},
                           {"GB", 1'000'000'000},
                           {"TB", 1'000'000'000'000},
                           {"KiB", 1LL << 10},
                           {"MiB", 1LL << 20},
                           {"GiB", 1LL << 30},
                           {"TiB", 1LL << 40}};

}  // namespace

Result<std::int64_t> parse_byte_size(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && number >= 0)
    for (const auto& unit : kUnits)
      if (iequals(end, unit.name) && number <= std::numeric_limits<std::int64_t>::max() / unit.bytes)
        return number * unit.bytes;
  return Error{.kind = ErrorKind::invalid,
               .code = "usage",
               .message = "a size is a number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 20GiB"};
}

}  // namespace wye::cli
