#include "control/api/list_query.h"

#include <charconv>

#include "base/try.h"

namespace wye::control {
namespace {

constexpr std::int64_t kMaxOffset = 1'000'000'000;

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

}  // namespace

Result<std::int64_t> query_integer(std::string_view query, std::string_view name, std::int64_t low,
                                   std::int64_t high, std::int64_t otherwise) {
  const auto text = net::query_value(query, name);
  if (text.empty()) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return bad(std::string(name) + " must be an integer from " + std::to_string(low) + " to " +
               std::to_string(high));
  return value;
}

bool query_flag(std::string_view query, std::string_view name) {
  const auto text = net::query_value(query, name);
  return text == "true" || text == "1";
}

Result<ListRange> read_range(std::string_view query) {
  ListRange range;
  WYE_TRY(range.limit, query_integer(query, "limit", 1, 100, range.limit));
  WYE_TRY(range.offset, query_integer(query, "offset", 0, kMaxOffset, 0));
  return range;
}

Result<ListStatus> read_status(std::string_view query) {
  const auto status = net::query_value(query, "status");
  if (!status.empty() && status != "active" && status != "deleted" && status != "all")
    return bad("status must be active, deleted or all");
  return ListStatus{.active = status != "deleted",
                    .deleted = status == "deleted" || status == "all" ||
                               (status.empty() && query_flag(query, "include_deleted"))};
}

void add_paging_headers(net::Response& response, const ListRange& range, bool more) {
  response.headers.add("X-Has-More", more ? "true" : "false");
  response.headers.add("X-Next-Offset", std::to_string(more ? range.offset + range.limit : 0));
  response.headers.add("X-Limit", std::to_string(range.limit));
  response.headers.add("X-Offset", std::to_string(range.offset));
}

}  // namespace wye::control
