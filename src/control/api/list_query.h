#pragma once

#include <cstdint>
#include <string_view>

#include "net/http_message.h"
#include "wye/result.h"

// Reads what lists have in common (wire-api §1).
namespace wye::control {

/// Reads an integer of the query; `otherwise` when it is absent or empty.
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

/// Reads into the filter of a store's list what lists of named records have in common.
template <class Filter>
[[nodiscard]] Result<void> read_list_query(std::string_view query, Filter& filter) {
  const auto range = read_range(query);
  if (!range) return range.error();
  const auto status = read_status(query);
  if (!status) return status.error();
  filter.limit = range->limit;
  filter.offset = range->offset;
  filter.active = status->active;
  filter.deleted = status->deleted;
  filter.query = net::query_value(query, "query");
  filter.name = net::query_value(query, "name");
  return {};
}

void add_paging_headers(net::Response& response, const ListRange& range, bool more);

}  // namespace wye::control
