#pragma once

#include <cstdint>
#include <string_view>

#include "net/http_message.h"
#include "wye/result.h"

// What lists have in common (wire-api §1).
namespace wye::control {

/// An integer of the query; `otherwise` when it is absent or empty.
[[nodiscard]] Result<std::int64_t> query_integer(std::string_view query, std::string_view name,
                                                 std::int64_t low, std::int64_t high, std::int64_t otherwise);
[[nodiscard]] bool query_flag(std::string_view query, std::string_view name);

struct ListRange {
  std::int64_t limit = 20, offset = 0;
};
[[nodiscard]] Result<ListRange> read_range(std::string_view query);

/// `status`, or the older `include_deleted`.
struct ListStatus {
  bool active = true, deleted = false;
};
[[nodiscard]] Result<ListStatus> read_status(std::string_view query);

void add_paging_headers(net::Response& response, const ListRange& range, bool more);

}  // namespace wye::control
