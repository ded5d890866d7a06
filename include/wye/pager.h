#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <optional>

#include "wye/http.h"
#include "wye/result.h"

namespace wye {

/// An element of a list, and how its page was reached. When a page fails, one last element holds the error.
template <class T>
class PageItem {
 public:
  PageItem(Result<T> value, RouteInfo route) : value_(std::move(value)), route_(route) {}
  /// Returns the element; throws the typed exception when its page failed.
  [[nodiscard]] const T& value() const { return value_.value(); }
  /// Returns the element, or the error of its page.
  [[nodiscard]] const Result<T>& result() const { return value_; }
  /// Returns how its page was reached.
  [[nodiscard]] const RouteInfo& route() const { return route_; }

 private:
  Result<T> value_;
  RouteInfo route_;
};

/// A list as a range that can be read once; each page is fetched when it is needed (`X-Has-More`,
/// `X-Next-Offset`; wire-api §1). One thread at a time.
template <class T>
class Pager {
 public:
  /// A page as it was fetched.
  struct Page {
    std::deque<T> items;
    RouteInfo route;
    bool has_more = false;
    std::int64_t next_offset = 0;
  };
  /// Fetches a page: the first one without an offset, then with the offset that the previous page gave.
  using Fetch = std::function<Result<Page>(std::optional<std::int64_t> offset)>;
  explicit Pager(Fetch fetch) : fetch_(std::move(fetch)) {}

  /// Returns the next element; nothing at the end. Blocks while it fetches a page.
  std::optional<PageItem<T>> next() {
    while (page_.items.empty()) {
      if (ended_) return std::nullopt;
      auto page = fetch_(offset_);
      if (!page) {
        ended_ = true;
        return PageItem<T>(page.error(), {});
      }
      page_ = std::move(*page);
      // An empty page, or an offset that is 0 or does not move, ends the list whatever X-Has-More says, so
      // that it never loops.
      ended_ =
          !page_.has_more || page_.next_offset == 0 || page_.next_offset == offset_ || page_.items.empty();
      offset_ = page_.next_offset;
    }
    PageItem<T> item(std::move(page_.items.front()), page_.route);
    page_.items.pop_front();
    return item;
  }

  /// Returns how the last fetched page was reached; empty before the first.
  [[nodiscard]] const RouteInfo& route() const { return page_.route; }

  class Iterator {
   public:
    using value_type = PageItem<T>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = PageItem<T>*;
    using reference = PageItem<T>&;
    Iterator() = default;
    explicit Iterator(Pager* pager) : pager_(pager) { ++*this; }
    PageItem<T>& operator*() { return *item_; }
    PageItem<T>* operator->() { return &*item_; }
    Iterator& operator++() {
      if (auto item = pager_->next())
        item_.emplace(std::move(*item));
      else
        pager_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.pager_ == b.pager_; }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    Pager* pager_ = nullptr;
    std::optional<PageItem<T>> item_;
  };
  Iterator begin() { return Iterator(this); }
  Iterator end() { return {}; }

 private:
  Fetch fetch_;
  Page page_;
  std::optional<std::int64_t> offset_;
  bool ended_ = false;
};

}  // namespace wye
