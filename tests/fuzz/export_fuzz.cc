// What the exporter reads from others: a collector's answer, and an event from a VM. Whatever these hold, the
// exporter sends well-formed data: JSON that parses, spans that do not end before they begin.
#include <algorithm>

#include "control/export/delivery.h"
#include "control/export/event_mapping.h"
#include "invariant.h"
#include "wire/json_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  namespace otlp = control::otlp;
  fuzz::Input input(data, size);
  const auto retry_after = input.line();
  const std::string type(input.line());
  const auto rest = input.rest();

  WYE_INVARIANT(otlp::rejected_in_protobuf(rest) >= 0);
  WYE_INVARIANT(otlp::rejected_in_json(rest) >= 0);
  if (const auto pause = otlp::asked_pause(retry_after, 1'790'847'000'000'000))
    WYE_INVARIANT(pause->count() >= 0 && *pause <= otlp::kLongestPause);

  const std::string session(24, 's');
  otlp::SpanStarts starts;
  otlp::ResourceSignals out;
  const events::Record record{
      .seq = 2, .ts = 1'000'000, .category = "c", .type = type, .json = std::string(rest)};
  auto begins = record;
  begins.seq = 1;
  begins.ts = 5;
  begins.type = type == "page_load" ? "page_navigation" : "network_request";
  const bool readable = otlp::add_event(session, begins, starts, out);
  WYE_INVARIANT(otlp::add_event(session, record, starts, out) == readable);
  WYE_INVARIANT(out.logs.size() == (readable ? 2u : 0u));
  for (const auto& span : out.spans)
    WYE_INVARIANT(span.start >= 0 && span.start <= span.end && !span.name.empty() &&
                  span.span_id.size() == 8);
  WYE_INVARIANT(otlp::logs_to_protobuf({out}).empty() == !readable);
  WYE_INVARIANT(wire::parse_json(otlp::traces_to_json({out})));
  (void)otlp::traces_to_protobuf({out});
  return 0;
}
