#include "vm/cdp/compression_offer.h"

#include "base/encoding.h"

namespace wye::vm {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string offers_without_context(std::string_view offers) {
  std::string out;
  for (auto rest = offers;;) {
    const auto end = rest.find(',');
    const auto offer = trimmed(rest.substr(0, end));
    if (!offer.empty()) {
      if (!out.empty()) out += ", ";
      out.append(offer);
      const auto lower = ascii_lower(offer);
      if (trimmed(std::string_view(lower).substr(0, lower.find(';'))) == "permessage-deflate" &&
          lower.find("client_no_context_takeover") == std::string::npos)
        out += "; client_no_context_takeover";
    }
    if (end == std::string_view::npos) return out;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace wye::vm
