// Messages of Chromium on the DevTools pipe: the quick look at a message agrees with parsing all of it,
// everything that is parsed can be written again, and a mended text stays mended.
#include <boost/json/serialize.hpp>
#include <string>

#include "base/encoding.h"
#include "events/make_record.h"
#include "invariant.h"
#include "vm/cdp/cdp_message.h"
#include "wire/json_codec.h"

namespace wye::fuzz {
namespace {

namespace json = boost::json;

constexpr std::size_t kCutMark = 14;  // "...[truncated]"
constexpr std::size_t kDepth = 256;

void strings_are_short(const json::value& value) {
  if (const auto* text = value.if_string()) {
    WYE_INVARIANT(text->size() <= events::kMaxCapturedString + kCutMark);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) strings_are_short(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) strings_are_short(item);
  }
}

void can_be_said_again(const json::value& value) {
  WYE_INVARIANT(wire::parse_json(json::serialize(value), kDepth));
}

// For a message whose members occur once, as in Chromium's.
void head_agrees(const vm::CdpHead& head, std::string_view text) {
  const auto whole = wire::parse_json(text, kDepth);
  if (!whole) return;
  const auto& object = whole->get_object();
  if (text.find("\"method\"", 10) != std::string_view::npos ||
      text.find("\"id\"", 5) != std::string_view::npos)
    return;
  if (head.id != 0) {
    WYE_INVARIANT(object.at("id") == head.id);
  } else if (!head.method.empty()) {
    WYE_INVARIANT(object.at("method").get_string() == std::string(head.method));
  }
  if (!head.session.empty() && head.session.find('\\') == std::string_view::npos)
    WYE_INVARIANT(object.at("sessionId").get_string() == std::string(head.session));
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  const auto text = fuzz::Input(data, size).rest();
  const auto better = vm::mended(text);
  WYE_INVARIANT(is_utf8(better) && vm::mended(better) == better);
  for (const auto strings : {vm::Strings::cut, vm::Strings::whole}) {
    const auto parsed = vm::parse_cdp(text, strings);
    if (!parsed) continue;
    fuzz::can_be_said_again(*parsed);
    if (strings == vm::Strings::cut) fuzz::strings_are_short(*parsed);
  }
  const auto head = vm::read_cdp_head(text);
  if (!head) return 0;
  WYE_INVARIANT(head->id == 0 || head->method.empty());
  fuzz::head_agrees(*head, text);
  if (head->method.empty()) return 0;
  vm::CdpEvent event(*head, text);
  (void)event.params();
  return 0;
}
