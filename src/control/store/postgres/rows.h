#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct pg_result;

namespace wye::control::postgres {

/// A statement's result, in PostgreSQL's binary format. Rows and columns count from 0.
class Rows {
 public:
  explicit Rows(pg_result* result);
  [[nodiscard]] int count() const;
  [[nodiscard]] bool empty() const { return count() == 0; }
  /// How many rows an INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t changed() const;

  [[nodiscard]] bool is_null(int row, int column) const;
  /// Reads a text or bytea column; the view lives as long as these rows. Empty when the column is null.
  [[nodiscard]] std::string_view view(int row, int column) const;
  [[nodiscard]] std::string text(int row, int column) const { return std::string(view(row, column)); }
  /// Reads a bigint or integer column, by its length; 0 when it is null.
  [[nodiscard]] std::int64_t number(int row, int column) const;
  [[nodiscard]] bool flag(int row, int column) const;

 private:
  std::shared_ptr<pg_result> result_;  // shared, so that a Result<Rows> can be copied; it never changes
};

}  // namespace wye::control::postgres
