#include "control/api/bounded_body.h"

#include <charconv>
#include <new>
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

std::size_t announced(const net::RequestHead& head) {
  const auto text = head.headers.get("Content-Length");
  std::size_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

}  // namespace

Error no_room_for_body() {
  return {.kind = ErrorKind::overloaded,
          .code = "rate_limited",
          .message = "too many large requests are under way; try again",
          .status = 503};
}

net::Task<Result<std::string>> read_bounded_body(net::Exchange& exchange, std::size_t limit,
                                                 ByteBudget::Held& held) {
  const auto expected = announced(exchange.head());
  if (expected > limit) co_return too_large(limit);
  if (expected == 0 && !exchange.head().headers.has("Transfer-Encoding")) co_return std::string();
  std::string body;
  std::vector<char> piece(expected == 0 ? kPiece : std::min(expected, kPiece));
  for (;;) {
    auto got = co_await exchange.read_some(piece);
    if (!got) co_return got.error();
    if (*got == 0) co_return body;
    if (body.size() + *got > limit) co_return too_large(limit);
    if (!held.add(*got)) co_return no_room_for_body();
    try {
      body.append(piece.data(), *got);
    } catch (const std::bad_alloc&) {
      held.refuse();
      co_return no_room_for_body();
    }
  }
}

}  // namespace wye::control
