#include "vm/computer/pictures.h"

#include "base/encoding.h"
#include "base/try.h"
#include "vm/computer/png.h"
#include "vm/curl/json_fields.h"

namespace wye::vm {

namespace json = boost::json;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kMostWaiting = 16;
constexpr auto kTurnWithin = std::chrono::seconds(20);
constexpr auto kPaintsWithin = std::chrono::milliseconds(1'500);
constexpr auto kFrameWithin = std::chrono::seconds(5);

Error no_picture() {
  return {.kind = ErrorKind::internal, .code = "internal_error", .message = "the page has no picture"};
}

Error page_is_gone() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the page was closed before it was drawn",
          .status = 503};
}

double width_of(const json::value& metrics, std::string_view view) {
  const auto* object = metrics.is_object() ? object_at(metrics.get_object(), view) : nullptr;
  return object != nullptr ? int_at(*object, "clientWidth") : 0;
}

// Whether a pixel of the picture is a unit of the mouse's coordinates; a client may emulate another density.
bool has_density_of_one(const json::value& metrics) {
  const auto css = width_of(metrics, "cssLayoutViewport");
  return css > 0 && css == width_of(metrics, "layoutViewport");
}

}  // namespace

Pictures::Pictures(boost::asio::io_context& io, Pages& pages)
    : pages_(pages), turns_(io, kMostWaiting, kTurnWithin) {}

net::Task<Result<std::string>> Pictures::take(std::shared_ptr<Page> page) {
  const Caller nobody;
  Turns::Turn turn(turns_);
  WYE_CO_CHECK(co_await turn.wait(nobody));
  auto png = co_await capture(page);
  if (png) co_return std::move(*png);
  WYE_CO_TRY(const auto frame, co_await this->frame(page, true));
  auto bytes = base64_decode(frame.data);
  if (!bytes || !png_size(*bytes)) co_return no_picture();
  co_return std::move(*bytes);
}

net::Task<std::optional<std::string>> Pictures::capture(std::shared_ptr<Page> page) {
  if (page->dialog || page->silent) co_return std::nullopt;
  json::object nothing;
  const auto metrics = pages_.send(page, "Page.getLayoutMetrics", std::move(nothing));
  const auto shot =
      pages_.send(page, "Page.captureScreenshot", fields("format", "png", "optimizeForSpeed", true));
  const bool taken = co_await pages_.answered(page, shot, kPaintsWithin);
  if (!taken || !*shot->answer || !metrics->answer || !*metrics->answer) co_return std::nullopt;
  if (!has_density_of_one(**metrics->answer)) co_return std::nullopt;
  auto png = base64_decode(text_at(**shot->answer, "data"));
  const auto size = png ? png_size(*png) : std::nullopt;
  if (!size) co_return std::nullopt;
  page->size = *size;
  co_return std::move(png);
}

net::Task<Result<ScreenSize>> Pictures::measure(std::shared_ptr<Page> page) {
  const Caller nobody;
  Turns::Turn turn(turns_);
  WYE_CO_CHECK(co_await turn.wait(nobody));
  WYE_CO_TRY(const auto frame, co_await this->frame(page, false));
  if (frame.size.width == 0 || frame.size.height == 0) co_return no_picture();
  page->size = frame.size;
  co_return frame.size;
}

// For the size alone a small picture is enough.
net::Task<Result<Page::Frame>> Pictures::frame(std::shared_ptr<Page> page, bool whole) {
  page->frame.reset();
  page->wants_frame = true;
  json::object how = whole ? fields("format", "png")
                           : fields("format", "jpeg", "quality", 1, "maxWidth", 16, "maxHeight", 16);
  const auto started = pages_.send(page, "Page.startScreencast", std::move(how));
  const auto until = steady_clock::now() + kFrameWithin;
  const auto refused = [&] { return started->answer && !*started->answer; };
  while (!page->frame && !page->gone && !refused() && steady_clock::now() < until)
    co_await pages_.changed().wait(until);
  page->wants_frame = false;
  json::object nothing;
  pages_.send(page, "Page.stopScreencast", std::move(nothing));
  if (!page->frame && page->gone) co_return page_is_gone();
  if (!page->frame) co_return refused() ? started->answer->error() : no_picture();
  auto frame = std::move(*page->frame);
  page->frame.reset();
  co_return std::move(frame);
}

}  // namespace wye::vm
