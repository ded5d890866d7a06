// What a worker sends, and what a log holds: frames and lines do not depend on the cut, a result that is
// taken as JSON is JSON.
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "invariant.h"
#include "vm/logs/line_splitter.h"
#include "vm/playwright/execute_answer.h"
#include "vm/worker/frame_reader.h"

namespace wye::fuzz {
namespace {

constexpr std::size_t kLargest = 4096;

struct Seen {
  std::vector<std::string> frames, lines;
  bool broken = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen read(std::string_view bytes, std::uint32_t seed) {
  Seen seen;
  vm::FrameReader reader(kLargest);
  vm::LineSplitter splitter;
  const vm::LineSplitter::Take take = [&](std::string line) {
    WYE_INVARIANT(line.size() <= vm::LineSplitter::kLongest && line.find('\n') == std::string::npos);
    seen.lines.push_back(std::move(line));
  };
  const auto feed = [&](std::string_view piece) {
    splitter.add(piece, take);
    if (seen.broken) return;
    reader.add(piece);
    for (;;) {
      auto frame = reader.next();
      seen.broken = !frame;
      if (!frame || !*frame) return;
      WYE_INVARIANT((*frame)->body.size() <= kLargest && !(*frame)->kind.empty());
      seen.frames.push_back(vm::frame_text((*frame)->kind, (*frame)->body));
    }
  };
  if (seed == 0)
    feed(bytes);
  else
    in_pieces(bytes, seed, feed);
  splitter.finish(take);
  return seen;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  const auto whole = read(input.rest(), 0);
  WYE_INVARIANT(whole == read(input.rest(), seed));
  for (const auto& frame : whole.frames)
    WYE_INVARIANT(read(frame, 0).frames == std::vector<std::string>{frame});
  if (wye::vm::is_json(input.rest())) {
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 1024;
    boost::json::parse(input.rest(), error, {}, options);
    WYE_INVARIANT(!error);
  }
  return 0;
}
