#include "vm/display/resize_display.h"

#include "base/try.h"
#include "wire/describe.h"

namespace wye::vm {
namespace {

constexpr auto kResizedWithin = std::chrono::seconds(15);
constexpr std::int64_t kLeastWidth = 320, kLeastHeight = 240, kMost = 16'384;

Result<Viewport> read_size(std::string_view body) {
  WYE_TRY(const auto size, wire::from_text<Viewport>(body));
  if (size.width < kLeastWidth || size.width > kMost || size.height < kLeastHeight || size.height > kMost)
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_request",
                 .message = "width must be from 320 to 16384, height from 240 to 16384"};
  if (size.refresh_rate && *size.refresh_rate < 1)
    return Error{
        .kind = ErrorKind::invalid, .code = "bad_request", .message = "refresh_rate must be at least 1"};
  return size;
}

}  // namespace

net::Task<Result<net::Response>> resize_display(Browser& browser, std::string body) {
  const auto size = read_size(body);
  if (!size) co_return size.error();
  const int width = static_cast<int>(size->width), height = static_cast<int>(size->height);
  const auto until = std::chrono::steady_clock::now() + kResizedWithin;
  for (;;) {
    co_await browser.wait_ready(until - std::chrono::steady_clock::now());
    const auto generation = browser.generation();
    const auto done = co_await browser.set_window_size(width, height);
    if (done) break;
    const bool next = co_await browser.wait_next(generation, until);
    if (!next) co_return done.error();
  }
  // A headless browser has no display whose rate could be set; the answer repeats the requested rate.
  co_return net::json_response(200, wire::to_text(*size));
}

}  // namespace wye::vm
