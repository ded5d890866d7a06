#pragma once

#include <boost/describe/members.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "wye/result.h"

// JSON for structs that wire/describe.h describes. Absent ≠ null ≠ default: an absent `optional` is not
// written, and null reads as absent. Unknown fields are ignored; a wrong type or an integer out of range is
// `invalid` with the field's path.
namespace wye::wire {

/// Structs that are omitted as a whole when nothing in them is set (an empty TelemetryRequest means "not
/// said").
template <class T>
inline constexpr bool kOmitWhenEmpty = false;

[[nodiscard]] Error wrong_type(std::string_view path, std::string_view wanted, const boost::json::value& got);

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

// A C++ keyword as a field name carries a trailing underscore that the wire does not have.
constexpr std::string_view field_name(const char* member) {
  std::string_view name(member);
  if (name.ends_with('_')) name.remove_suffix(1);
  return name;
}

Result<void> read_integer(const boost::json::value& in, std::int64_t& out, std::string_view path);

inline std::string join(std::string_view path, std::string_view field) {
  return path.empty() ? std::string(field) : std::string(path) + "." + std::string(field);
}

}  // namespace detail

template <class T>
[[nodiscard]] boost::json::value to_json(const T& value) {
  namespace json = boost::json;
  if constexpr (std::is_same_v<T, json::value> || std::is_same_v<T, json::object> ||
                std::is_same_v<T, json::array>) {
    return value;
  } else if constexpr (requires { typename T::ReachedValue; }) {
    return to_json(static_cast<const typename T::ReachedValue&>(value));  // the route is not part of the JSON
  } else if constexpr (std::is_arithmetic_v<T>) {
    return json::value(value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return json::value(std::string_view(value));
  } else if constexpr (detail::IsOptional<T>::value) {
    return value ? to_json(*value) : json::value(nullptr);
  } else if constexpr (detail::IsVector<T>::value) {
    json::array out;
    for (const auto& item : value) out.push_back(to_json(item));
    return out;
  } else if constexpr (detail::IsMap<T>::value) {
    json::object out;
    for (const auto& [key, item] : value) out[key] = to_json(item);
    return out;
  } else {
    json::object out;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          const auto& field = value.*member.pointer;
          using Field = std::remove_cvref_t<decltype(field)>;
          if constexpr (detail::IsOptional<Field>::value) {
            if (field) out[detail::field_name(member.name)] = to_json(*field);
          } else if constexpr (kOmitWhenEmpty<Field>) {
            auto inner = to_json(field);
            if (!inner.as_object().empty()) out[detail::field_name(member.name)] = std::move(inner);
          } else {
            out[detail::field_name(member.name)] = to_json(field);
          }
        });
    return out;
  }
}

template <class T>
[[nodiscard]] std::string to_text(const T& value) {
  return boost::json::serialize(to_json(value));
}

template <class T>
[[nodiscard]] Result<void> from_json(const boost::json::value& in, T& out, std::string_view path = {}) {
  namespace json = boost::json;
  if constexpr (std::is_same_v<T, json::value>) {
    out = in;
  } else if constexpr (std::is_same_v<T, json::object>) {
    if (!in.is_object()) return wrong_type(path, "an object", in);
    out = in.get_object();
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!in.is_bool()) return wrong_type(path, "a boolean", in);
    out = in.get_bool();
  } else if constexpr (std::is_integral_v<T>) {
    static_assert(std::is_same_v<T, std::int64_t>, "the wire's integers are int64_t");
    return detail::read_integer(in, out, path);
  } else if constexpr (std::is_floating_point_v<T>) {
    if (in.is_double())
      out = in.get_double();
    else if (in.is_int64())
      out = static_cast<T>(in.get_int64());
    else if (in.is_uint64())
      out = static_cast<T>(in.get_uint64());
    else
      return wrong_type(path, "a number", in);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!in.is_string()) return wrong_type(path, "a string", in);
    out.assign(in.get_string().data(), in.get_string().size());
  } else if constexpr (detail::IsOptional<T>::value) {
    if (in.is_null()) {
      out.reset();
      return {};
    }
    return from_json(in, out.emplace(), path);
  } else if constexpr (detail::IsVector<T>::value) {
    if (!in.is_array()) return wrong_type(path, "an array", in);
    out.clear();
    for (const auto& item : in.get_array()) {
      auto read =
          from_json(item, out.emplace_back(), std::string(path) + "[" + std::to_string(out.size() - 1) + "]");
      if (!read) return read;
    }
  } else if constexpr (detail::IsMap<T>::value) {
    if (!in.is_object()) return wrong_type(path, "an object", in);
    out.clear();
    for (const auto& item : in.get_object()) {
      auto read = from_json(item.value(), out[std::string(item.key())], detail::join(path, item.key()));
      if (!read) return read;
    }
  } else {
    if (!in.is_object()) return wrong_type(path, "an object", in);
    const auto& object = in.get_object();
    Result<void> result;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          if (!result) return;
          auto& field = out.*member.pointer;
          const auto name = detail::field_name(member.name);
          const auto* found = object.if_contains(name);
          // Null is "not said" for every field that has a default; only a present value of a wrong type is an
          // error.
          if (found != nullptr && !found->is_null())
            result = from_json(*found, field, detail::join(path, name));
        });
    return result;
  }
  return {};
}

inline constexpr std::size_t kMaxJsonDepth = 32;
/// Parses strict RFC 8259 text (no BOM, no trailing bytes, valid UTF-8, at most `max_depth` levels deep), all
/// of whose numbers are finite: 1e400 could not be written again.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text,
                                                    std::size_t max_depth = kMaxJsonDepth);

/// Parses a body into T; `bad_request` names the field that is wrong.
template <class T>
[[nodiscard]] Result<T> from_text(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  T out{};
  auto read = from_json(*parsed, out);
  if (!read) return read.error();
  return out;
}

/// Does the same for a JSON array of T.
template <class T>
[[nodiscard]] Result<std::vector<T>> from_text_array(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  std::vector<T> out;
  auto read = from_json(*parsed, out);
  if (!read) return read.error();
  return out;
}

}  // namespace wye::wire
