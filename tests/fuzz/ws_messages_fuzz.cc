// A client's WebSocket: messages do not depend on the cut, keep to their bound, and agree with a plain
// reading frame by frame; what is read can be written and read again.
#include "base/encoding.h"
#include "invariant.h"
#include "net/ws_frames.h"
#include "net/ws_messages.h"

namespace wye::fuzz {
namespace {

using net::WsMessages;
using Kind = WsMessages::Kind;

constexpr std::size_t kMost = 1024;

struct Reading {
  std::string messages;  // each with its kind, code and payload
  int fault = 0;
  int control = 0, data = 0;
  friend bool operator==(const Reading&, const Reading&) = default;
};

void add(Reading& out, const WsMessages::Message& one) {
  WYE_INVARIANT(one.payload.size() <= kMost);
  WYE_INVARIANT(one.kind == Kind::binary || one.kind == Kind::ping || one.kind == Kind::pong ||
                is_utf8(one.payload));
  WYE_INVARIANT((one.kind == Kind::close) == (one.code != 0));
  const bool is_control = one.kind != Kind::text && one.kind != Kind::binary;
  WYE_INVARIANT(!is_control || one.payload.size() <= 125);
  ++(is_control ? out.control : out.data);
  out.messages += std::to_string(static_cast<int>(one.kind)) + ":" + std::to_string(one.code) + ":" +
                  std::to_string(one.payload.size()) + ":" + one.payload;
}

Reading read(std::string_view bytes, std::uint32_t seed) {
  Reading out;
  WsMessages messages(kMost);
  const auto feed = [&](std::string_view piece) {
    while (auto one = messages.next(piece)) add(out, *one);
    WYE_INVARIANT(messages.fault() || piece.empty());
    if (messages.fault()) out.fault = messages.fault()->code;
  };
  if (seed == 0)
    feed(bytes);
  else
    in_pieces(bytes, seed, feed);
  return out;
}

// A client's frames of what a server has written.
std::string masked(std::string_view bytes) {
  std::string out;
  net::WsFrameTracker tracker;
  tracker.show_pieces([&](const net::WsPiece& piece) {
    if (piece.at == 0) {
      out += static_cast<char>(piece.first);
      const bool is_long = piece.length > 125;
      out += static_cast<char>(0x80 | (is_long ? 126 : piece.length));
      if (is_long) out += static_cast<char>(piece.length >> 8);
      if (is_long) out += static_cast<char>(piece.length & 0xff);
      out.append(4, '\0');
    }
    out += piece.masked;
  });
  tracker.feed(bytes);
  return out;
}

void check_written(std::string_view payload) {
  std::string written;
  net::append_ws_message(written, Kind::binary, payload);
  net::append_ws_message(written, Kind::ping, payload.substr(0, 125));
  const auto again = read(masked(written), 0);
  WYE_INVARIANT(again.data == 1 && again.control == 1 && again.fault == 0);
  WYE_INVARIANT(again.messages.find(payload) != std::string::npos);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  const auto whole = read(input.rest(), 0);
  WYE_INVARIANT(whole == read(input.rest(), seed));
  // The reader that keeps nothing counts a message from its last header on.
  wye::net::WsFrameTracker tracker;
  tracker.feed(input.rest());
  const auto begun = tracker.messages() - whole.data;
  WYE_INVARIANT(whole.fault != 0 || begun == 0 || (begun == 1 && !tracker.at_boundary()));
  check_written(input.rest().substr(0, kMost));
  return 0;
}
