#include "control/body_budget.h"

#include <charconv>
#include <vector>

namespace wye::control {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

Error too_large(std::size_t limit) {
  return {.kind = ErrorKind::invalid,
          .code = "payload_too_large",
          .message = "the request's body is over " + std::to_string(limit) + " bytes",
          .status = 413};
}
Error no_room() {
  return {.kind = ErrorKind::overloaded,
          .code = "rate_limited",
          .message = "too many large requests are being read; try again",
          .status = 503};
}

std::size_t announced(const net::RequestHead& head) {
  const auto text = head.headers.get("Content-Length");
  std::size_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

}  // namespace

net::Task<Result<std::string>> BodyBudget::read(net::Exchange& exchange, std::size_t limit, Held& held) {
  const auto expected = announced(exchange.head());
  if (expected > limit) co_return too_large(limit);
  if (expected == 0 && !exchange.head().headers.has("Transfer-Encoding")) co_return std::string();
  std::string body;
  // A slow sender of much holds what has come, in a buffer that grows with it.
  std::vector<char> piece(std::min(expected == 0 ? kPiece : expected, kPiece));
  for (;;) {
    auto got = co_await exchange.read_some(piece);
    if (!got) co_return got.error();
    if (*got == 0) co_return body;
    if (body.size() + *got > limit) co_return too_large(limit);
    if (held_ + *got > all_) {
      ++refused_;
      co_return no_room();
    }
    held_ += *got;
    held.bytes_ += *got;
    body.append(piece.data(), *got);
  }
}

}  // namespace wye::control
