#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "net/path_pattern.h"

namespace wye::net {

/// Finds the route of a request's method and path. Pure; `Routes` says what a route does.
class RouteTable {
 public:
  static constexpr std::string_view kAnyMethod = "*";
  enum class Outcome {
    found,
    no_path,
    no_method,  ///< The path is there, for other methods.
    malformed,  ///< See `is_well_formed_path` and `PathMatch::malformed`.
  };
  struct Found {
    Outcome outcome = Outcome::no_path;
    std::size_t route = 0;
    PathParameters parameters;
    std::string allow;  ///< With `no_method`: the methods, for the field `Allow`.
  };
  enum class Head { by_get, as_registered };

  /// Adds a route and returns its number, counted from 0. With `Head::by_get` a GET is a route for HEAD, too.
  /// Throws `std::logic_error` for a pattern, or a pair of method and pattern, that cannot be: we write the
  /// routes.
  std::size_t add(std::string_view method, std::string_view pattern, Head head);

  /// Finds the most specific pattern that matches (`PathPattern::goes_before`), whatever the method.
  [[nodiscard]] Found find(std::string_view method, std::string_view path) const;

 private:
  struct Method {
    std::string name;
    std::size_t route;
    bool answers_head;
  };
  struct Row {
    PathPattern pattern;
    std::vector<Method> methods;
  };
  [[nodiscard]] static const Method* method_of(const Row& row, std::string_view method);
  [[nodiscard]] static std::string allowed(const Row& row);

  std::vector<Row> rows_;  // in the order in which they are tried
  std::size_t routes_ = 0;
};

/// Returns 405 with `Allow`, or 400, for `no_method` and `malformed`.
[[nodiscard]] Response refusal(const RouteTable::Found& found);

}  // namespace wye::net
