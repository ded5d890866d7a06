#pragma once

#include <cstdint>
#include <vector>

namespace wye::torture {

/// The only source of randomness here, so that a seed determines everything (SplitMix64; the standard's
/// distributions differ between libraries).
class Chance {
 public:
  Chance(std::uint64_t seed, std::uint64_t round) : state_(seed * 0x9e3779b97f4a7c15ULL + round) { next(); }

  std::uint64_t next() {
    auto z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// Both ends included.
  int between(int low, int high) {
    return low + static_cast<int>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool in(int percent) { return between(1, 100) <= percent; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[next() % all.size()];
  }

 private:
  std::uint64_t state_;
};

}  // namespace wye::torture
