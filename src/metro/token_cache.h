#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "metro/token.h"

namespace wye::metro {

/// Remembers tokens whose signature is right by their full text, so that a signature is checked once and not
/// at every call. For one thread.
class TokenCache {
 public:
  static constexpr std::size_t kMost = 4096, kFirstSweep = 64;

  /// Drops the tokens of sessions that are no longer `in_use` whenever there are twice as many tokens as were
  /// in use the last time. So the number of tokens is in proportion to living sessions.
  TokenCache(const TokenVerifier& tokens, std::function<bool(std::string_view session_id)> in_use)
      : tokens_(tokens), in_use_(std::move(in_use)) {}

  /// Returns nothing for a token that is not ours. Does not check the time.
  [[nodiscard]] std::shared_ptr<const VerifiedToken> verify(std::string_view token);
  [[nodiscard]] std::size_t size() const { return verified_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  void sweep();

  const TokenVerifier& tokens_;
  const std::function<bool(std::string_view)> in_use_;
  // shared with the connections that used them last
  std::unordered_map<std::string, std::shared_ptr<const VerifiedToken>, Hash, std::equal_to<>> verified_;
  std::size_t sweep_at_ = kFirstSweep;
};

}  // namespace wye::metro
