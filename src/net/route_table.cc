#include "net/route_table.h"

#include <algorithm>
#include <stdexcept>

namespace wye::net {
namespace {

Error malformed() {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = "the path is not well formed"};
}
Error not_allowed() {
  return {.kind = ErrorKind::invalid,
          .code = "method_not_allowed",
          .message = "this path does not take that method",
          .status = 405};
}

}  // namespace

std::size_t RouteTable::add(std::string_view method, std::string_view pattern, Head head) {
  PathPattern wanted(pattern);
  auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& one) { return one.pattern == wanted; });
  if (row == rows_.end()) {
    const auto behind = std::find_if(rows_.begin(), rows_.end(),
                                     [&](const Row& one) { return wanted.goes_before(one.pattern); });
    row = rows_.insert(behind, Row{std::move(wanted), {}});
  }
  for (const auto& known : row->methods)
    if (known.name == method || known.name == kAnyMethod || method == kAnyMethod)
      throw std::logic_error("two routes for " + std::string(method) + " " + std::string(pattern));
  row->methods.push_back({std::string(method), routes_, method == "GET" && head == Head::by_get});
  return routes_++;
}

const RouteTable::Method* RouteTable::method_of(const Row& row, std::string_view method) {
  const Method* by_get = nullptr;
  for (const auto& one : row.methods) {
    if (one.name == method || one.name == kAnyMethod) return &one;
    if (one.answers_head && method == "HEAD") by_get = &one;
  }
  return by_get;
}

std::string RouteTable::allowed(const Row& row) {
  std::string out;
  for (const auto& one : row.methods) {
    out += (out.empty() ? "" : ", ") + one.name;
    if (one.answers_head && method_of(row, "HEAD") == &one) out += ", HEAD";
  }
  return out;
}

RouteTable::Found RouteTable::find(std::string_view method, std::string_view path) const {
  Found out;
  bool is_malformed = !is_well_formed_path(path);
  if (!is_malformed)
    for (const auto& row : rows_) {
      const auto match = row.pattern.match(path, out.parameters);
      is_malformed = is_malformed || match == PathMatch::malformed;
      if (match != PathMatch::yes) continue;
      if (const auto* const known = method_of(row, method)) {
        out.outcome = Outcome::found;
        out.route = known->route;
      } else {
        out.outcome = Outcome::no_method;
        out.allow = allowed(row);
      }
      return out;
    }
  out.outcome = is_malformed ? Outcome::malformed : Outcome::no_path;
  return out;
}

Response refusal(const RouteTable::Found& found) {
  if (found.outcome != RouteTable::Outcome::no_method) return error_response(malformed());
  auto response = error_response(not_allowed());
  response.headers.add("Allow", found.allow);
  return response;
}

}  // namespace wye::net
