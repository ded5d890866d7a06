#pragma once

namespace wye::testing {

/// The most by which a sanitizer's shadow and red zones multiply memory. Tests multiply their memory bounds
/// by it.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kSanitizerShare = 8;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int kSanitizerShare = 2;
#else
inline constexpr int kSanitizerShare = 1;
#endif

}  // namespace wye::testing
