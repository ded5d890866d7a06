#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wye::control::postgres {

/// A statement's parameters, `$1` first, in PostgreSQL's binary format: a text keeps all its bytes, so that
/// the server refuses a NUL where a C string would be cut.
class Values {
 public:
  Values& text(std::string_view value);
  Values& number(std::int64_t value);  ///< bigint
  Values& bytes(std::string_view value);
  Values& flag(bool value);
  // Adds one parameter that is an array, for `unnest`.
  Values& texts(const std::vector<std::string>& all);
  Values& numbers(const std::vector<std::int64_t>& all);
  Values& byte_rows(const std::vector<std::string>& all);

  [[nodiscard]] int count() const { return static_cast<int>(types_.size()); }
  [[nodiscard]] const std::vector<unsigned>& types() const { return types_; }
  [[nodiscard]] const std::vector<std::string>& encoded() const { return encoded_; }

 private:
  Values& add(unsigned type, std::string value);
  std::vector<unsigned> types_;  // as pg_type.h numbers them
  std::vector<std::string> encoded_;
};

}  // namespace wye::control::postgres
