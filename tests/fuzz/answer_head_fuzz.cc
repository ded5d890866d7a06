// Heads of answers from an agent that lies: the metro sends one head with the framing that it checked, and
// libwye reads that head the same way.
#include <string>

#include "base/encoding.h"
#include "invariant.h"
#include "metro/head_rewrite.h"
#include "metro/web_fields.h"
#include "net/head_parser.h"
#include "net/response_head.h"

namespace wye::fuzz {
namespace {

using net::FieldId;
using net::Framing;
using net::HeadFault;
using net::HeadView;

void libwye_agrees(std::string_view text, const HeadView& head) {
  net::ResponseHead reading;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    WYE_INVARIANT(reading.add_line(rest.substr(0, end + 1)));
    rest.remove_prefix(end + 1);
  }
  WYE_INVARIANT(reading.status == head.status);
  WYE_INVARIANT(reading.complete() == (head.status >= 200 || head.status == 101));
  WYE_INVARIANT(reading.fields.size() == head.fields().size());
  for (std::size_t i = 0; i < reading.fields.size(); ++i)
    WYE_INVARIANT(reading.fields[i].first == head.fields()[i].name &&
                  reading.fields[i].second == head.fields()[i].value);
}

// In a web browser, none of the agent's fields acts on the metro's origin.
void acts_on_nothing(const HeadView& passed) {
  const auto guard = metro::guard_fields(true);
  std::size_t i = passed.status == 101 ? guard.size() : 0;
  for (const auto& field : passed.fields()) {
    if (i < guard.size()) {
      WYE_INVARIANT(field.name == guard[i].name && field.value == guard[i].value);
      ++i;
    } else {
      WYE_INVARIANT(!metro::acts_on_origin(field.name));
    }
  }
}

void passes_as_one_head(const HeadView& head, bool to_head, net::ConnectionField connection, bool web_page) {
  const bool dechunked = connection == net::ConnectionField::close && head.framing == Framing::chunked;
  std::string out;
  metro::append_answer_head(out, head,
                            {.connection = connection, .dechunked = dechunked, .web_page = web_page});
  const auto end = net::find_head_end(out);
  WYE_INVARIANT(end.fault == HeadFault::none && end.size == out.size());
  static HeadView again;
  const auto fault = net::parse_response_head(out, to_head, again);
  if (fault == HeadFault::too_large) return;
  WYE_INVARIANT(fault == HeadFault::none);
  WYE_INVARIANT(again.status == head.status && again.minor_version == 1);
  const auto expected = dechunked ? Framing::until_close : head.framing;
  if (head.status >= 200) WYE_INVARIANT(again.framing == expected);
  if (head.framing == Framing::length) WYE_INVARIANT(again.content_length == head.content_length);
  const auto source = again.get(FieldId::x_wye_source);
  WYE_INVARIANT(source == "agent" || source == "target");
  int sources = 0;
  for (const auto& field : again.fields()) sources += field.id == FieldId::x_wye_source ? 1 : 0;
  WYE_INVARIANT(sources == 1);
  if (web_page) acts_on_nothing(again);
  libwye_agrees(out, again);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  using wye::net::ConnectionField;
  Input input(data, size);
  const auto choice = input.byte();
  const bool to_head = (choice & 1) != 0;
  const auto end = wye::net::find_head_end(input.rest());
  if (end.fault != HeadFault::none) return 0;
  static HeadView head;
  if (wye::net::parse_response_head(input.rest().substr(0, end.size), to_head, head) != HeadFault::none)
    return 0;
  WYE_INVARIANT(head.status >= 100 && head.status <= 599);
  if (to_head || head.status < 200 || head.status == 204 || head.status == 304)
    WYE_INVARIANT(head.framing == Framing::none);
  constexpr ConnectionField kFields[] = {ConnectionField::none, ConnectionField::keep_alive,
                                         ConnectionField::close};
  for (const bool web_page : {false, true})
    passes_as_one_head(head, to_head, kFields[(choice >> 1) % 3], web_page);
  return 0;
}
