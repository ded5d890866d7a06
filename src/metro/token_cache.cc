#include "metro/token_cache.h"

#include <algorithm>

namespace wye::metro {

std::shared_ptr<const VerifiedToken> TokenCache::verify(std::string_view token) {
  if (const auto found = verified_.find(token); found != verified_.end()) return found->second;
  auto says = tokens_.verify(token);
  if (!says) return nullptr;
  if (verified_.size() >= sweep_at_) sweep();
  auto kept = std::make_shared<const VerifiedToken>(std::move(*says));
  verified_.emplace(token, kept);
  return kept;
}

void TokenCache::sweep() {
  std::erase_if(verified_, [this](const auto& known) { return !in_use_(known.second->session_id); });
  if (verified_.size() >= kMost) verified_.clear();
  sweep_at_ = std::clamp(2 * verified_.size(), kFirstSweep, kMost);
}

}  // namespace wye::metro
