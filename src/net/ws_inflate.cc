#include "net/ws_inflate.h"

#include <zlib.h>

#include <vector>

namespace wye::net {

namespace {

constexpr std::string_view kEndOfMessage("\x00\x00\xff\xff", 4);  // RFC 7692 §7.2.2

}  // namespace

struct WsInflater::State {
  explicit State(std::size_t most) : out(most) { usable = ::inflateInit2(&stream, -MAX_WBITS) == Z_OK; }
  ~State() {
    if (usable) ::inflateEnd(&stream);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  z_stream stream = {};
  bool usable = false;
  std::vector<char> out;
};

WsInflater::WsInflater(std::size_t most) : most_(most) {}
WsInflater::~WsInflater() = default;

WsInflater::Inflated WsInflater::inflate(std::string_view payload) {
  if (!state_) state_ = std::make_unique<State>(most_);
  auto& [stream, usable, out] = *state_;
  if (!usable || ::inflateReset(&stream) != Z_OK) return {};
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  for (const auto part : {payload, kEndOfMessage}) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR) break;
  }
  return {{out.data(), out.size() - stream.avail_out}, stream.avail_out == 0};
}

}  // namespace wye::net
