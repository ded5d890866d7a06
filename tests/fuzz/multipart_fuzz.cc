// Multipart forms: parts and their bytes do not depend on the cut, and no step takes more than what was fed.
#include <string>
#include <utility>
#include <vector>

#include "invariant.h"
#include "vm/fs/multipart.h"

namespace wye::fuzz {
namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;

struct Seen {
  Parts parts;
  bool ended = false, refused = false;
  bool operator==(const Seen&) const = default;
};

Seen parts_of(std::string_view body, std::uint32_t seed) {
  auto form = vm::Multipart::of("multipart/form-data; boundary=b");
  WYE_INVARIANT(form);
  Seen seen;
  std::size_t taken = 0;
  const auto read = [&] {
    while (!seen.ended && !seen.refused) {
      const auto step = form->next();
      if (!step) {
        seen.refused = true;
        return;
      }
      if (*step == vm::Multipart::Step::more) return;
      if (*step == vm::Multipart::Step::end) seen.ended = true;
      if (*step == vm::Multipart::Step::part) seen.parts.emplace_back(form->name(), "");
      if (*step != vm::Multipart::Step::data) continue;
      WYE_INVARIANT(!form->bytes().empty());
      taken += form->bytes().size();
      WYE_INVARIANT(taken <= body.size());
      seen.parts.back().second += form->bytes();
    }
  };
  const auto feed = [&](std::string_view piece) {
    read();
    if (!seen.ended && !seen.refused) form->feed(piece);
    read();
  };
  if (seed == 0)
    feed(body);
  else
    in_pieces(body, seed, feed);
  return seen;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  const auto whole = parts_of(input.rest(), 0), cut = parts_of(input.rest(), seed);
  WYE_INVARIANT(whole.refused == cut.refused && whole.ended == cut.ended);
  if (whole.ended) WYE_INVARIANT(whole == cut);
  return 0;
}
