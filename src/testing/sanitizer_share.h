#pragma once

namespace wye::testing {

/// What a sanitizer's shadow and red zones take beside every byte, at most: a bound of memory holds times
/// this.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kSanitizerShare = 8;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int kSanitizerShare = 2;
#else
inline constexpr int kSanitizerShare = 1;
#endif

}  // namespace wye::testing
