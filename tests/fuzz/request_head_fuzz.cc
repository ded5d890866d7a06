// Heads of requests: an accepted head has one reading, and the metro makes of it, for an agent, one head with
// the same framing and without credentials and hop-by-hop fields.
#include <string>

#include "base/encoding.h"
#include "invariant.h"
#include "metro/head_rewrite.h"
#include "metro/own_credentials.h"
#include "net/head_parser.h"

namespace wye::fuzz {
namespace {

using net::FieldId;
using net::HeadFault;
using net::HeadView;

// Checks that the end of the head does not depend on how much was searched before.
net::HeadEnd end_of_head(std::string_view bytes, std::uint32_t seed) {
  const auto whole = net::find_head_end(bytes);
  std::size_t scanned = 0, here = 0;
  net::HeadEnd found;
  in_pieces(bytes, seed, [&](std::string_view piece) {
    here += piece.size();
    if (found.fault != HeadFault::incomplete) return;
    found = net::find_head_end(bytes.substr(0, here), scanned);
    scanned = here;
  });
  WYE_INVARIANT(found.fault == whole.fault && found.size == whole.size);
  return whole;
}

void is_sound(const HeadView& head) {
  WYE_INVARIANT(net::is_field_name(head.method));
  WYE_INVARIANT(head.target.starts_with('/') || head.target == "*");
  WYE_INVARIANT(head.framing != net::Framing::until_close);
  int lengths = 0, codings = 0, hosts = 0;
  for (const auto& field : head.fields()) {
    WYE_INVARIANT(net::is_field_name(field.name) && net::is_field_value(field.value));
    WYE_INVARIANT(field.id == net::identify_field(field.name));
    lengths += iequals(field.name, "content-length") ? 1 : 0;
    codings += iequals(field.name, "transfer-encoding") ? 1 : 0;
    hosts += iequals(field.name, "host") ? 1 : 0;
  }
  WYE_INVARIANT(lengths + codings <= 1);
  WYE_INVARIANT(hosts == 1 || head.minor_version == 0);
  WYE_INVARIANT(head.upgrade.empty() || (head.framing == net::Framing::none && head.minor_version == 1));
}

void passes_as_one_head(const HeadView& head) {
  metro::RequestEdits edits;
  edits.target = "/telemetry?x=y";
  edits.client_address = "127.0.0.1";
  edits.public_scheme = "http";
  edits.request_id = "id-1";
  const auto search = metro::find_credentials(head.fields(), "the request's token");
  for (const auto& one : search.candidates) WYE_INVARIANT(one.field < head.count && !one.text.empty());
  WYE_INVARIANT(search.candidates.size() <= 4 * metro::kMaxCandidates);
  edits.withheld = search.withheld;
  std::string out;
  metro::append_request_head(out, head.method, head.fields(), head.framing, head.content_length, head.upgrade,
                             edits);
  const auto end = net::find_head_end(out);
  WYE_INVARIANT(end.fault == HeadFault::none && end.size == out.size());
  static HeadView again;
  const auto fault = net::parse_request_head(out, again);
  if (fault == HeadFault::too_large) return;  // a full table of fields, and those that the metro adds
  WYE_INVARIANT(fault == HeadFault::none);
  WYE_INVARIANT(again.method == head.method && again.target == edits.target);
  WYE_INVARIANT(again.framing == head.framing && again.content_length == head.content_length);
  WYE_INVARIANT(again.upgrade == head.upgrade);
  WYE_INVARIANT(again.get(FieldId::authorization).empty());
  int forwarded = 0;
  for (const auto& field : again.fields()) {
    WYE_INVARIANT(field.id != FieldId::te && field.id != FieldId::keep_alive &&
                  field.id != FieldId::proxy_hop && field.id != FieldId::x_wye_source);
    forwarded += field.id == FieldId::x_forwarded ? 1 : 0;
    if (field.id == FieldId::connection) WYE_INVARIANT(field.value == "Upgrade");
  }
  WYE_INVARIANT(forwarded == 3);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  const auto end = end_of_head(input.rest(), seed);
  if (end.fault != wye::net::HeadFault::none) return 0;
  static wye::net::HeadView head;
  if (wye::net::parse_request_head(input.rest().substr(0, end.size), head) != wye::net::HeadFault::none)
    return 0;
  is_sound(head);
  passes_as_one_head(head);
  return 0;
}
