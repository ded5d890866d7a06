#include "routing/peek.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace wye::routing {
namespace {

class PeekedBody final : public ResponseStream::Source {
 public:
  PeekedBody(Peeked peeked, std::unique_ptr<net::WireResponse> rest)
      : peeked_(std::move(peeked)), rest_(std::move(rest)) {}

  Result<std::size_t> read(std::span<char> out) override {
    if (at_ < peeked_.bytes.size()) {
      const auto size = std::min(out.size(), peeked_.bytes.size() - at_);
      std::memcpy(out.data(), peeked_.bytes.data() + at_, size);
      at_ += size;
      return size;
    }
    if (peeked_.failed) return *peeked_.failed;
    return rest_->read(out);
  }

 private:
  Peeked peeked_;
  std::size_t at_ = 0;
  std::unique_ptr<net::WireResponse> rest_;
};

}  // namespace

Peeked peek(net::WireResponse& response, std::size_t limit, std::chrono::steady_clock::time_point deadline) {
  response.set_body_deadline(deadline);
  Peeked out;
  std::array<char, 16 * 1024> piece;
  while (out.bytes.size() <= limit) {
    const auto got = response.read(piece);
    if (!got) {
      out.failed = got.error();
      break;
    }
    if (*got == 0) {
      out.whole = true;
      break;
    }
    out.bytes.append(piece.data(), *got);
  }
  return out;
}

ResponseStream hand_on(std::unique_ptr<net::WireResponse> response, RouteInfo info) {
  const int status = response->status;
  auto headers = std::move(response->headers);
  return {status, std::move(headers), info, std::move(response)};
}

ResponseStream hand_on(std::unique_ptr<net::WireResponse> response, Peeked peeked, RouteInfo info) {
  const int status = response->status;
  auto headers = std::move(response->headers);
  return {status, std::move(headers), info,
          std::make_unique<PeekedBody>(std::move(peeked), std::move(response))};
}

}  // namespace wye::routing
