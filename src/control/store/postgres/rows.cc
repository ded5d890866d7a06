#include "control/store/postgres/rows.h"

#include <libpq-fe.h>

#include <cstdlib>

namespace wye::control::postgres {

Rows::Rows(pg_result* result) : result_(result, ::PQclear) {}

int Rows::count() const { return ::PQntuples(result_.get()); }

std::int64_t Rows::changed() const { return std::atoll(::PQcmdTuples(result_.get())); }

bool Rows::is_null(int row, int column) const { return ::PQgetisnull(result_.get(), row, column) == 1; }

std::string_view Rows::view(int row, int column) const {
  return {::PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(::PQgetlength(result_.get(), row, column))};
}

// Reads a big-endian signed number of 2, 4 or 8 bytes.
std::int64_t Rows::number(int row, int column) const {
  const auto bytes = view(row, column);
  std::uint64_t out = !bytes.empty() && (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) out = out << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(out);
}

bool Rows::flag(int row, int column) const {
  const auto bytes = view(row, column);
  return !bytes.empty() && bytes[0] != '\0';
}

}  // namespace wye::control::postgres
