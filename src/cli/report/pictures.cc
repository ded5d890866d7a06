#include "cli/report/pictures.h"

#include "base/digest.h"
#include "base/encoding.h"

namespace wye::cli {

std::optional<std::int64_t> Pictures::add(std::string_view base64_text) {
  auto png = base64_decode(base64_text);
  if (!png || !png->starts_with("\x89PNG\r\n\x1a\n")) return std::nullopt;
  const auto [place, is_new] = numbers_.emplace(sha256(*png), static_cast<std::int64_t>(numbers_.size()));
  const auto number = place->second;
  if (is_new && number % stride_ == 0 && png->size() <= budget_) {
    bytes_ += png->size();
    kept_.emplace(number, std::move(*png));
    thin();
  }
  return number;
}

// Keeps a new picture if its number is a multiple of `stride_`.
void Pictures::thin() {
  while (bytes_ > budget_) {
    stride_ *= 2;
    bool stays = false;
    for (auto at = kept_.begin(); at != kept_.end();) {
      stays = !stays;
      if (stays) {
        ++at;
        continue;
      }
      bytes_ -= at->second.size();
      at = kept_.erase(at);
    }
  }
}

}  // namespace wye::cli
