// Bodies of a VM's 404: after the metro, no JSON parser finds `browser_gone` in them.
#include <string>

#include "invariant.h"
#include "metro/agent_answer.h"
#include "routing/fallback.h"
#include "wire/json_codec.h"

namespace wye::fuzz {
namespace {

// The parsers of other clients drop a BOM, and recognize UTF-16.
std::string without_bom(std::string_view body) {
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
  return std::string(body);
}
std::string without_nuls(std::string_view body) {
  std::string out;
  for (const char c : body)
    if (c != '\0') out += c;
  return out;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  const std::string body(fuzz::Input(data, size).rest());
  const auto other = metro::without_gone(body);
  const auto shown = other.value_or(body);
  WYE_INVARIANT(!routing::says_browser_gone(shown));
  WYE_INVARIANT(!routing::says_browser_gone(fuzz::without_bom(shown)));
  WYE_INVARIANT(!routing::says_browser_gone(fuzz::without_nuls(shown)));
  if (other) {
    WYE_INVARIANT(wire::parse_json(*other) && metro::code_of_body(*other) == "not_found");
    WYE_INVARIANT(!metro::without_gone(*other));
  }
  // libwye and the metro agree on every body that was passed unchanged.
  if (routing::says_browser_gone(body)) WYE_INVARIANT(other);
  return 0;
}
