#include "sdk/retry.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"

namespace wye::sdk {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) return std::nullopt;
  return value;
}

constexpr double kLongestAskedMs = 60'000;

}  // namespace

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

bool answer_wants_retry(const Request& request, int status, const HeaderFields& headers) {
  if (request.body_stream) return false;
  const auto asked = header(headers, "x-should-retry");
  if (iequals(asked, "false")) return false;
  if (is_idempotent(request.method))
    return iequals(asked, "true") || status == 408 || status == 409 || status == 429 || status >= 500;
  const bool did_not_run = status == 429 || status == 503 || status == 529;
  return did_not_run && !header(headers, "Retry-After").empty();
}

bool error_wants_retry(const Request& request, const Error& error) {
  if (request.body_stream || error.kind != ErrorKind::disconnected) return false;
  return error.code == "connect_failed" ||
         (is_idempotent(request.method) && error.code == "connection_failed");
}

std::optional<std::chrono::milliseconds> asked_pause(const HeaderFields& headers) {
  auto ms = number(header(headers, "retry-after-ms"));
  if (!ms)
    if (const auto seconds = number(header(headers, "Retry-After"))) ms = *seconds * 1000;
  if (!ms || *ms > kLongestAskedMs) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
}

std::chrono::milliseconds backoff(int attempt, Random& random) {
  constexpr std::int64_t kFirstMs = 500, kLongestMs = 8000;
  const auto full = std::min(kLongestMs, kFirstMs << std::min(attempt, 10));
  return std::chrono::milliseconds(
      full - static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(full / 4) + 1)));
}

}  // namespace wye::sdk
