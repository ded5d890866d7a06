#include "cli/report/page.h"

#include "base/digest.h"
#include "base/encoding.h"

namespace wye::cli {
namespace {

std::string joined(const std::vector<std::string_view>& pieces, std::string out = {}) {
  for (const auto piece : pieces) out += piece;
  return out;
}

std::string hash_source(std::string_view text) { return "'sha256-" + base64(sha256(text)) + "'"; }

void replace(std::string& text, std::string_view marker, std::string_view with) {
  text.replace(text.find(marker), marker.size(), with);
}

}  // namespace

PageParts page_parts() {
  const auto style = joined(kReportStyle);
  const auto script = joined(kReportScript, "'use strict';\n");
  const auto policy =
      "default-src 'none'; script-src " + hash_source(script) + "; style-src " + hash_source(style) +
      "; img-src data: blob:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
      "trusted-types 'none'";
  const auto data = kReportPage.find("{{data}}");
  PageParts parts{.head = std::string(kReportPage.substr(0, data)),
                  .tail = std::string(kReportPage.substr(data + std::string_view("{{data}}").size()))};
  replace(parts.head, "{{policy}}", policy);
  replace(parts.head, "{{style}}", style);
  replace(parts.tail, "{{script}}", script);
  return parts;
}

}  // namespace wye::cli
