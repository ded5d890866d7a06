#pragma once

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <string>
#include <string_view>
#include <utility>

// Short helpers to read and make DevTools' JSON.
namespace wye::vm {

/// A member that is absent or of another type reads as "", nothing, 0 or false.
inline std::string text_at(const boost::json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}
inline std::string text_at(const boost::json::value& value, std::string_view key) {
  return value.is_object() ? text_at(value.get_object(), key) : std::string();
}
inline const boost::json::object* object_at(const boost::json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr ? found->if_object() : nullptr;
}
inline int int_at(const boost::json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_int64() ? static_cast<int>(found->get_int64()) : 0;
}
inline bool bool_at(const boost::json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

inline void set_all(boost::json::object&) {}
template <class Value, class... Rest>
void set_all(boost::json::object& out, std::string_view key, Value value, Rest... rest) {
  out[key] = boost::json::value_from(std::move(value));
  set_all(out, std::move(rest)...);
}
/// `fields("url", page, "hidden", true)`: an object, built by a call, since g++ 12 refuses initializer lists
/// inside an awaited expression.
template <class... Fields>
boost::json::object fields(Fields... values) {
  boost::json::object out;
  set_all(out, std::move(values)...);
  return out;
}

}  // namespace wye::vm
