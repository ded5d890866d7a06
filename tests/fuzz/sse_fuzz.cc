// Server-sent events: the events do not depend on the cut; comments and data never hold a line break of the
// stream.
#include <string>
#include <tuple>
#include <vector>

#include "invariant.h"
#include "net/sse_parser.h"

namespace wye::fuzz {
namespace {

using Seen = std::vector<std::tuple<bool, std::string, std::string, std::string>>;

Seen events_of(std::string_view bytes, std::uint32_t seed) {
  Seen seen;
  net::SseParser parser;
  const auto feed = [&](std::string_view piece) {
    WYE_INVARIANT(parser.feed(piece));
    while (const auto event = parser.next()) {
      WYE_INVARIANT(event->id.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
      WYE_INVARIANT(event->event.find_first_of("\r\n") == std::string::npos);
      WYE_INVARIANT(event->data.find('\r') == std::string::npos);
      if (event->is_comment) WYE_INVARIANT(event->data.find('\n') == std::string::npos);
      seen.emplace_back(event->is_comment, event->id, event->event, event->data);
    }
  };
  if (seed == 0)
    feed(bytes);
  else
    in_pieces(bytes, seed, feed);
  return seen;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  WYE_INVARIANT(events_of(input.rest(), 0) == events_of(input.rest(), seed));
  return 0;
}
