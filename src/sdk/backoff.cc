#include "sdk/backoff.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace wye::sdk {
namespace {

constexpr double kLongestMs = 24.0 * 3600 * 1000;  // longer than any deadline, and safe to add to a time

// Reads digits with at most one point in them: no sign, no exponent, no "inf".
std::optional<double> number(std::string_view text) {
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return kLongestMs;
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::chrono::milliseconds milliseconds(double count) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(count, kLongestMs)));
}

}  // namespace

std::optional<std::chrono::milliseconds> asked_pause(const HeaderFields& headers, std::int64_t unix_micros) {
  if (const auto ms = number(header(headers, "retry-after-ms"))) return milliseconds(*ms);
  const auto asked = header(headers, "Retry-After");
  if (const auto seconds = number(asked)) return milliseconds(*seconds * 1000);
  if (asked.empty()) return std::nullopt;
  const auto date = ::curl_getdate(std::string(asked).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return milliseconds(
      std::max(0.0, static_cast<double>(date) * 1000 - static_cast<double>(unix_micros) / 1000));
}

std::chrono::milliseconds backoff(int retry, Random& random) {
  constexpr std::int64_t kFirstMs = 500, kLastMs = 8000;
  const auto whole = std::min(kLastMs, kFirstMs << std::min(retry, 10));
  return std::chrono::milliseconds(
      whole - static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(whole / 4) + 1)));
}

}  // namespace wye::sdk
