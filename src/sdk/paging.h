#pragma once

#include <charconv>
#include <memory>
#include <string>

#include "base/encoding.h"
#include "base/try.h"
#include "sdk/client_core.h"
#include "wire/describe.h"

namespace wye::sdk {

/// A query string under construction.
class Query {
 public:
  void add(std::string_view name, const std::optional<std::string>& value) {
    if (value) text_ += (text_.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(*value);
  }
  void add(std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) add(name, std::optional<std::string>(std::to_string(*value)));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Pages of a listing by its paging headers. After the first page the cursor replaces `offset` and `since`.
template <class T>
Pager<T> pages_of(std::shared_ptr<ClientCore> core, std::string path, Query first, CallOptions call,
                  std::optional<Query> following = std::nullopt) {
  return Pager<T>([core = std::move(core), path = std::move(path), first = std::move(first),
                   call = std::move(call), following = std::move(following)](
                      std::optional<std::int64_t> offset) -> Result<typename Pager<T>::Page> {
    auto query = offset && following ? *following : first;
    query.add("offset", offset);
    WYE_TRY(const auto answer,
            core->expect_success(
                {.method = "GET", .path = path + (query.text().empty() ? "" : "?" + query.text())}, call));
    WYE_TRY(auto items, wire::from_text_array<T>(answer.body));
    typename Pager<T>::Page page;
    for (auto& item : items) page.items.push_back(std::move(item));
    page.route = answer.route;
    page.has_more = header(answer.headers, "X-Has-More") == "true";
    const auto next = header(answer.headers, "X-Next-Offset");
    std::from_chars(next.data(), next.data() + next.size(), page.next_offset);
    return page;
  });
}

}  // namespace wye::sdk
