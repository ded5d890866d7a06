#include "metro/own_credentials.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace wye::metro {
namespace {

constexpr std::string_view kBetween = " \t,;\"'=:&";

bool names_credentials(std::string_view name) {
  constexpr std::array<std::string_view, 4> kWords = {"auth", "key", "token", "secret"};
  const auto lower = ascii_lower(name);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// Adds the words of the value and also every end of the value that begins with one: an operator's own key may
// have any form, and what stands between words may be part of it.
void add_candidates(std::string_view value, std::size_t field, std::vector<Candidate>& out) {
  out.push_back({field, std::string(value)});
  for (std::size_t at = 0; at < value.size();) {
    const auto begin = value.find_first_not_of(kBetween, at);
    if (begin == std::string_view::npos) return;
    const auto end = std::min(value.find_first_of(kBetween, begin), value.size());
    if (begin > 0) out.push_back({field, std::string(value.substr(begin))});
    if (end < value.size()) out.push_back({field, std::string(value.substr(begin, end - begin))});
    if (out.size() > 2 * kMaxCandidates) return;
    at = end;
  }
}

// Adds `Basic` and anything else in base64: its two halves, and the whole.
void add_decoded(std::string_view value, std::size_t field, std::vector<Candidate>& out) {
  const auto word = value.substr(std::min(value.find_last_of(" \t") + 1, value.size()));
  const auto plain = base64_decode(word);
  if (!plain || plain->empty()) return;
  out.push_back({field, *plain});
  const auto colon = plain->find(':');
  if (colon == std::string::npos) return;
  out.push_back({field, plain->substr(0, colon)});
  out.push_back({field, plain->substr(colon + 1)});
}

}  // namespace

CredentialSearch find_credentials(std::span<const net::FieldView> fields, std::string_view own_token) {
  CredentialSearch out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields[i];
    if (!own_token.empty() && field.value.find(own_token) != std::string_view::npos) {
      out.withheld.push_back(i);
      continue;
    }
    if (field.value.empty() || !names_credentials(field.name)) continue;
    std::vector<Candidate> found;
    add_candidates(field.value, i, found);
    add_decoded(field.value, i, found);
    std::erase_if(found, [](const Candidate& one) { return one.text.empty(); });
    if (found.size() > kMaxCandidates || out.candidates.size() + found.size() > 4 * kMaxCandidates)
      out.withheld.push_back(i);
    else
      std::move(found.begin(), found.end(), std::back_inserter(out.candidates));
  }
  return out;
}

}  // namespace wye::metro
