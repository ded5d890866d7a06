#include "wire/json_codec.h"

#include <algorithm>
#include <boost/json/kind.hpp>
#include <boost/json/parse.hpp>
#include <cmath>

namespace wye::wire {

Error wrong_type(std::string_view path, std::string_view wanted, const boost::json::value& got) {
  const auto kind = boost::json::to_string(got.kind());
  return {.kind = ErrorKind::invalid,
          .code = "bad_request",
          .message = std::string(path.empty() ? "body" : path.substr(0, 256)) + " must be " +
                     std::string(wanted) + ", not " + std::string(kind.data(), kind.size())};
}

namespace {

bool is_finite(const boost::json::value& value) {
  if (const auto* number = value.if_double()) return std::isfinite(*number);
  if (const auto* array = value.if_array()) return std::all_of(array->begin(), array->end(), is_finite);
  if (const auto* object = value.if_object())
    return std::all_of(object->begin(), object->end(),
                       [](const auto& field) { return is_finite(field.value()); });
  return true;
}

}  // namespace

namespace detail {

Result<void> read_integer(const boost::json::value& in, std::int64_t& out, std::string_view path) {
  constexpr double kMostExact = 9.007199254740992e15;
  if (const auto* integer = in.if_int64()) {
    out = *integer;
    return {};
  }
  // 60.0 and 6e1 are integers in JSON.
  const auto* number = in.if_double();
  if (number == nullptr || *number < -kMostExact || *number > kMostExact || *number != std::trunc(*number))
    return wrong_type(path, "an integer", in);
  out = static_cast<std::int64_t>(*number);
  return {};
}

}  // namespace detail

Result<boost::json::value> parse_json(std::string_view text, std::size_t max_depth) {
  boost::system::error_code error;
  auto value = boost::json::parse({text.data(), text.size()}, error, {}, {.max_depth = max_depth});
  if (error)
    return Error{
        .kind = ErrorKind::invalid, .code = "bad_request", .message = "body is not JSON: " + error.message()};
  if (!is_finite(value))
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_request",
                 .message = "body is not JSON: a number is out of range"};
  return value;
}

}  // namespace wye::wire
