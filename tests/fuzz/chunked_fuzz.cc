// The chunked coding: pieces of any size decode alike, nothing after the end is taken, and the decoded body
// decodes to itself when it is encoded again.
#include <cstdio>
#include <string>

#include "invariant.h"
#include "net/body_progress.h"

namespace wye::fuzz {
namespace {

struct Outcome {
  std::string payload;
  std::size_t consumed = 0;
  bool done = false;
  bool failed = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view bytes, std::uint32_t seed) {
  Outcome out;
  net::ChunkedDecoder decoder;
  const auto feed = [&](std::string_view piece) {
    while (!piece.empty() && !decoder.done() && !decoder.failed()) {
      const auto step = decoder.next(piece);
      WYE_INVARIANT(step.consumed <= piece.size() && step.data.size() <= step.consumed);
      WYE_INVARIANT(step.consumed > 0);
      out.payload += step.data;
      out.consumed += step.consumed;
      piece.remove_prefix(step.consumed);
    }
  };
  if (seed == 0)
    feed(bytes);
  else
    in_pieces(bytes, seed, feed);
  out.done = decoder.done();
  out.failed = decoder.failed();
  return out;
}

void said_anew_it_is_the_same(const std::string& payload) {
  std::string coded;
  in_pieces(payload, 7, [&](std::string_view piece) {
    char size[20];
    std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
    coded.append(size).append(piece).append("\r\n");
  });
  coded += "0\r\n\r\n";
  const auto again = decode(coded, 0);
  WYE_INVARIANT(again.done && again.payload == payload && again.consumed == coded.size());
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  const auto bytes = input.rest();
  const auto whole = decode(bytes, 0);
  WYE_INVARIANT(!(whole.done && whole.failed));
  WYE_INVARIANT(whole == decode(bytes, seed) || whole.failed);
  WYE_INVARIANT(whole.failed == decode(bytes, seed).failed);
  if (whole.done) {
    said_anew_it_is_the_same(whole.payload);
    WYE_INVARIANT(decode(bytes.substr(0, whole.consumed), seed) == whole);
  }

  wye::net::BodyProgress progress;
  progress.begin(wye::net::Framing::chunked, 0);
  std::string payload;
  const auto taken = progress.take(bytes, &payload);
  WYE_INVARIANT(progress.complete() == whole.done && progress.failed() == whole.failed);
  if (whole.done) WYE_INVARIANT(taken == whole.consumed && payload == whole.payload);
  return 0;
}
