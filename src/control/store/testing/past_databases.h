#pragma once

#include <string>

namespace wye::control::testing {

/// Returns SQL that makes, from an empty file, a database as the Wye of that schema wrote it: with a key, a
/// live and a gone session, and archived events; "" for a version that is not past.
[[nodiscard]] std::string past_database(int version);

/// The key in it, by its SHA-256.
inline constexpr const char* kPastKeyHash =
    "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
inline const std::string kPastLive(24, 'l'), kPastGone(24, 'g');

/// Returns the same with rows that no Wye wrote: wrong types, invalid text, missing and infinite values.
[[nodiscard]] std::string hostile_database(int version);

}  // namespace wye::control::testing
