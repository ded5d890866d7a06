#include "control/store/postgres/values.h"

namespace wye::control::postgres {
namespace {

// From pg_type.dat; these numbers never change.
constexpr unsigned kBool = 16, kBytea = 17, kInt8 = 20, kText = 25;
constexpr unsigned kByteaArray = 1001, kTextArray = 1009, kInt8Array = 1016;

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((value >> shift) & 0xff));
  return out;
}
std::string int4(std::size_t value) { return big_endian(value, 4); }
std::string int8(std::int64_t value) { return big_endian(static_cast<std::uint64_t>(value), 8); }

// The head of a binary array: the number of dimensions, whether there are nulls, the elements' type, and then
// the size and first index of the one dimension.
std::string array_head(unsigned element, std::size_t size) {
  return int4(1) + int4(0) + int4(element) + int4(size) + int4(1);
}

std::string array_of(unsigned element, const std::vector<std::string>& all) {
  auto out = array_head(element, all.size());
  for (const auto& one : all) out += int4(one.size()) + one;
  return out;
}

}  // namespace

Values& Values::add(unsigned type, std::string value) {
  types_.push_back(type);
  encoded_.push_back(std::move(value));
  return *this;
}

Values& Values::text(std::string_view value) { return add(kText, std::string(value)); }
Values& Values::number(std::int64_t value) { return add(kInt8, int8(value)); }
Values& Values::bytes(std::string_view value) { return add(kBytea, std::string(value)); }
Values& Values::flag(bool value) { return add(kBool, std::string(1, value ? '\1' : '\0')); }

Values& Values::texts(const std::vector<std::string>& all) { return add(kTextArray, array_of(kText, all)); }
Values& Values::byte_rows(const std::vector<std::string>& all) {
  return add(kByteaArray, array_of(kBytea, all));
}
Values& Values::numbers(const std::vector<std::int64_t>& all) {
  auto out = array_head(kInt8, all.size());
  for (const auto one : all) out += int4(8) + int8(one);
  return add(kInt8Array, std::move(out));
}

}  // namespace wye::control::postgres
