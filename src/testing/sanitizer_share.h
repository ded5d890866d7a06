#pragma once

namespace wye::testing {

/// The factor by which a sanitizer's shadow and red zones enlarge memory at most. Tests multiply bounds of
/// memory by it.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kSanitizerShare = 8;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int kSanitizerShare = 2;
#else
inline constexpr int kSanitizerShare = 1;
#endif

}  // namespace wye::testing
