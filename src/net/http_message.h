#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wye/error.h"

namespace wye::net {

/// Header fields in the order they came. Names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  /// Returns the first value, or "" when there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] bool empty() const { return fields_.empty(); }

 private:
  std::vector<Field> fields_;
};

/// The head of a request as it came. `target` is the origin-form request target, byte for byte.
struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  std::string upgrade;  ///< The protocol that was validly asked for (HeadView::upgrade); else "".
  [[nodiscard]] std::string_view path() const;   ///< The target up to `?`, still encoded.
  [[nodiscard]] std::string_view query() const;  ///< After `?`, still encoded; "" without one.
};

/// A whole answer.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

/// Returns a JSON answer.
[[nodiscard]] Response json_response(int status, std::string body);
/// Returns `{code, message}` with the status of the error (wire-api §1). 429, 503 and 529 carry
/// `Retry-After`, 409 and 501 `x-should-retry: false`.
[[nodiscard]] Response error_response(const Error& error);
[[nodiscard]] std::string_view reason_phrase(int status);

/// A name=value pair of a query, still encoded, in order.
using QueryPair = std::pair<std::string_view, std::string_view>;
[[nodiscard]] std::vector<QueryPair> query_pairs(std::string_view query);
/// Decodes a query's name or value; `+` is a space in both. Returns nothing when it is badly encoded.
[[nodiscard]] std::optional<std::string> query_decode(std::string_view text);
/// Returns the decoded value of the first pair of that name; "" when it is absent, empty or badly encoded.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view name);

}  // namespace wye::net
