#pragma once

#include <memory>
#include <string>

#include "base/try.h"
#include "sdk/answer.h"
#include "sdk/client_core.h"
#include "sdk/paths.h"

namespace wye::sdk {

/// What the paging headers say (`X-Has-More`, `X-Next-Offset`).
struct NextPage {
  bool has_more = false;
  std::int64_t offset = 0;  ///< 0 on the last page, and where the header is missing or is no number.
};
[[nodiscard]] NextPage next_page(const HeaderFields& headers);

/// Reads one page: a JSON array of T.
template <class T>
[[nodiscard]] Result<typename Pager<T>::Page> read_page(ClientCore& core, const std::string& path,
                                                        const Query& query, const CallOptions& call) {
  WYE_TRY(auto answer, core.expect_success({.method = "GET", .path = path + query.suffix()}, call));
  auto items = wire::from_text_array<T>(answer.body);
  if (!items) return bad_answer(answer, items.error());
  typename Pager<T>::Page page;
  for (auto& item : *items) page.items.push_back(std::move(item));
  const auto next = next_page(answer.headers);
  page.has_more = next.has_more;
  page.next_offset = next.offset;
  page.route = std::move(answer.route);
  return page;
}

}  // namespace wye::sdk
