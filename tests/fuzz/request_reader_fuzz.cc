// The requests of one connection: however its bytes are cut, and whether bodies are read without their
// framing or passed on with it, they are the same requests, and no part of one becomes another's.
#include <algorithm>
#include <string>
#include <vector>

#include "invariant.h"
#include "net/request_reader.h"

namespace wye::fuzz {
namespace {

using Step = net::RequestReader::Step;

constexpr std::size_t kHeadBytes = 256;

struct Outcome {
  std::vector<std::string> requests;
  bool refused = false;
  bool bad_body = false;
  bool closes = false;
  bool operator==(const Outcome&) const = default;
};

/// A client that sends `bytes` in pieces whose sizes follow from `seed`; 0 = as much as there is room for.
class Reading {
 public:
  Reading(std::string_view bytes, std::uint32_t seed) : bytes_(bytes), seed_(seed) {}

  Outcome run(bool framed) {
    Outcome out;
    while (!out.closes) {
      const auto step = head();
      if (step != Step::ready) {
        out.refused = step == Step::refused;
        break;
      }
      const auto& request = reader_.head();
      auto text = std::string(request.method) + ' ' + std::string(request.target) + '\n';
      const bool whole = framed ? passed_on(text) : payload(text);
      out.bad_body = reader_.body_failed();
      if (!whole) break;
      out.requests.push_back(std::move(text));
      reader_.settle();
      out.closes = !reader_.keep_alive();
      if (!out.closes) reader_.next();
    }
    return out;
  }

 private:
  Step head() {
    auto step = reader_.buffered().empty() ? Step::more : reader_.look();
    while (step == Step::more && !bytes_.empty()) {
      const auto room = reader_.room();
      WYE_INVARIANT(!room.empty());
      reader_.took(give(room));
      step = reader_.look();
    }
    return step;
  }
  // Reads in both ways; false when the body does not come to its end.
  bool payload(std::string& into) {
    std::vector<char> room(64);
    while (!reader_.body_complete() && !reader_.body_failed()) {
      auto size = reader_.take_payload(room);
      if (size == 0 && !reader_.body_complete() && !reader_.body_failed()) {
        if (bytes_.empty()) return false;
        const auto got = give(room);
        size = reader_.unframe(std::span(room).first(got));
        WYE_INVARIANT(size <= got);
      }
      into.append(room.data(), size);
    }
    return reader_.body_complete();
  }
  bool passed_on(std::string& into) {
    net::BodyProgress agent;  // reads what is passed on
    agent.begin(reader_.head().framing, reader_.head().content_length);
    const auto pass = [&](std::string_view piece) {
      WYE_INVARIANT(agent.take(piece, &into) == piece.size());
    };
    pass(reader_.take_body());
    std::vector<char> room(64);
    while (!reader_.body_complete() && !reader_.body_failed()) {
      if (bytes_.empty()) return false;
      const auto got = give(room);
      pass({room.data(), reader_.came({room.data(), got})});
    }
    WYE_INVARIANT(agent.complete() == reader_.body_complete());
    return reader_.body_complete();
  }
  std::size_t give(std::span<char> room) {
    auto size = std::min(room.size(), bytes_.size());
    if (seed_ != 0) {
      seed_ = seed_ * 1664525u + 1013904223u;
      size = std::min(size, std::size_t{1} + (seed_ >> 24) % 17);
    }
    std::copy_n(bytes_.data(), size, room.data());
    bytes_.remove_prefix(size);
    return size;
  }

  net::RequestReader reader_{kHeadBytes};
  std::string_view bytes_;
  std::uint32_t seed_;
};

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto seed = static_cast<std::uint32_t>(input.byte()) + 1;
  const auto bytes = input.rest();
  // Beyond the first buffer, the cut decides whether there is room for the bytes after a body.
  if (bytes.size() >= wye::net::RequestReader::kFirstBuffer) return 0;
  const auto whole = Reading(bytes, 0).run(false);
  WYE_INVARIANT(!(whole.refused && whole.bad_body));
  // A refused head has ended the connection, so the reason does not matter.
  WYE_INVARIANT(whole == Reading(bytes, seed).run(false));
  WYE_INVARIANT(whole == Reading(bytes, 0).run(true));
  WYE_INVARIANT(whole == Reading(bytes, seed).run(true));
  return 0;
}
