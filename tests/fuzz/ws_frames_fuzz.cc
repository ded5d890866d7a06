// A WebSocket's frames: their ends and the number of messages do not depend on the cut, and agree with a
// plain reading frame by frame.
#include "invariant.h"
#include "net/ws_frames.h"

namespace wye::fuzz {
namespace {

struct Reading {
  std::int64_t messages = 0;
  bool boundary = true;
  bool closed = false;
  std::string small;  // opcode and payload of each small frame
};

Reading plainly(std::string_view bytes) {
  Reading out;
  while (!bytes.empty()) {
    out.boundary = false;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (bytes.size() < 2) return out;
    std::size_t head = 2;
    std::uint64_t length = at(1) & 0x7f;
    const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (bytes.size() < head + extended) return out;
    if (extended > 0) length = 0;
    for (std::size_t i = 0; i < extended; ++i) length = length << 8 | at(head + i);
    head += extended + ((at(1) & 0x80) != 0 ? 4 : 0);
    if (bytes.size() < head) return out;
    if ((at(0) & 0x0f) == 8) out.closed = true;
    if ((at(0) & 0x0f) < 8 && (at(0) & 0x80) != 0) ++out.messages;
    if (length > bytes.size() - head) return out;
    if (length <= net::WsFrameTracker::kSmall) {
      out.small += static_cast<char>(at(0));
      for (std::size_t i = 0; i < length; ++i)
        out.small += static_cast<char>(at(head + i) ^ ((at(1) & 0x80) != 0 ? at(head - 4 + i % 4) : 0));
    }
    bytes.remove_prefix(head + static_cast<std::size_t>(length));
    out.boundary = true;
  }
  return out;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  std::string small_whole, small_cut;
  const auto keep_in = [](std::string& out) {
    return [&out](unsigned char first, std::string_view payload) {
      out.append(1, static_cast<char>(first)).append(payload);
    };
  };
  wye::net::WsFrameTracker whole(keep_in(small_whole)), cut(keep_in(small_cut));
  whole.feed(input.rest());
  in_pieces(input.rest(), seed, [&](std::string_view piece) { cut.feed(piece); });
  const auto plain = plainly(input.rest());
  for (const auto* tracker : {&whole, &cut}) {
    WYE_INVARIANT(tracker->messages() == plain.messages);
    WYE_INVARIANT(tracker->at_boundary() == plain.boundary);
    WYE_INVARIANT(tracker->closed() == plain.closed);
  }
  WYE_INVARIANT(small_whole == plain.small && small_cut == plain.small);
  const auto reason = input.rest().substr(0, 200);
  wye::net::WsFrameTracker close;
  close.feed(wye::net::ws_close_frame(1001, reason));
  WYE_INVARIANT(close.closed() && close.at_boundary() && close.messages() == 0);
  return 0;
}
