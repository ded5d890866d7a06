#include "recording_upstream.h"

#include "net/body_progress.h"

namespace wye::hostile {
namespace {

using net::testing::RawConnection;

// Returns false when the connection ends before the body does.
bool read_body(RawConnection& peer, const net::HeadView& head) {
  net::BodyProgress body;
  body.begin(head.framing, head.content_length);
  while (!body.complete() && !body.failed()) {
    const auto piece = peer.read_exactly(1);
    if (piece.empty()) return false;
    body.take(piece);
  }
  return body.complete();
}

}  // namespace

metro::testing::ScriptedAgent::Script recording(Arrivals& arrivals) {
  return [&arrivals](RawConnection& peer) {
    net::HeadView head;
    for (auto text = peer.read_head(); !text.empty(); text = peer.read_head()) {
      if (net::parse_request_head(text, head) != net::HeadFault::none)
        return arrivals.add("not a request: " + text.substr(0, 200));
      const auto line = text.substr(0, text.find("\r\n"));
      if (!read_body(peer, head)) return;
      arrivals.add(line);
      peer.send(metro::testing::ok("{}"));
    }
  };
}

}  // namespace wye::hostile
