#include "base/timestamp.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

namespace wye {
namespace {

Error bad(std::string_view what, std::string_view text) {
  return Error{ErrorKind::invalid, "bad_request",
               std::string(text.substr(0, 64)) + " is not " + std::string(what)};
}

bool digits(std::string_view text, std::size_t at, std::size_t count, int& out) {
  if (at + count > text.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

std::string rfc3339(std::int64_t unix_micros) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds{unix_micros}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(at - day)};
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return out;
}

Result<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto fail = [&] { return bad("an RFC 3339 time such as 2026-10-01T09:30:00Z", text); };
  int y, mo, d, h, mi, s;
  if (text.size() < 20 || !digits(text, 0, 4, y) || text[4] != '-' || !digits(text, 5, 2, mo) ||
      text[7] != '-' || !digits(text, 8, 2, d) || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
      !digits(text, 11, 2, h) || text[13] != ':' || !digits(text, 14, 2, mi) || text[16] != ':' ||
      !digits(text, 17, 2, s) || h > 23 || mi > 59 || s > 60)
    return fail();
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return fail();
  std::size_t at = 19;
  std::int64_t micros = 0;
  if (text[at] == '.') {
    std::int64_t unit = 100000;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      micros += (text[at] - '0') * unit;
    if (at == first) return fail();
  }
  std::int64_t offset_minutes = 0;
  if (at >= text.size()) return fail();
  if (text[at] == 'Z' || text[at] == 'z') {
    ++at;
  } else if (text[at] == '+' || text[at] == '-') {
    int oh, om;
    if (!digits(text, at + 1, 2, oh) || at + 6 > text.size() || text[at + 3] != ':' ||
        !digits(text, at + 4, 2, om))
      return fail();
    offset_minutes = (oh * 60 + om) * (text[at] == '-' ? -1 : 1);
    at += 6;
  }
  if (at != text.size()) return fail();
  const auto seconds = sys_days{date}.time_since_epoch() / std::chrono::seconds{1} + h * 3600 + mi * 60 + s;
  return (seconds - offset_minutes * 60) * 1'000'000 + micros;
}

Result<std::int64_t> parse_duration(std::string_view text) {
  const auto fail = [&] { return bad("a duration such as 5m or 1.5s", text); };
  double total = 0;
  std::size_t at = 0;
  if (text.empty() || text.size() > 32) return fail();
  while (at < text.size()) {
    double number = 0, scale = 1;
    bool fraction = false, any = false;
    for (; at < text.size() && ((text[at] >= '0' && text[at] <= '9') || (text[at] == '.' && !fraction));
         ++at) {
      if (text[at] == '.') {
        fraction = true;
        continue;
      }
      any = true;
      number = number * 10 + (text[at] - '0');
      if (fraction) scale *= 10;
    }
    if (!any) return fail();
    const auto unit_is = [&](std::string_view unit) {
      if (text.substr(at, unit.size()) != unit) return false;
      at += unit.size();
      return true;
    };
    double unit;
    if (unit_is("ms"))
      unit = 1e3;
    else if (unit_is("us") || unit_is("µs"))
      unit = 1;
    else if (unit_is("h"))
      unit = 3600e6;
    else if (unit_is("m"))
      unit = 60e6;
    else if (unit_is("s"))
      unit = 1e6;
    else
      return fail();
    total += number / scale * unit;
  }
  constexpr double kLimit = 9e15;  // 285 years; far below where a double or an int64 is no longer exact
  if (!(total <= kLimit)) return fail();
  return static_cast<std::int64_t>(std::llround(total));
}

}  // namespace wye
