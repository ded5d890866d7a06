#include "sdk/event_source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/encoding.h"
#include "base/try.h"
#include "sdk/answer.h"

namespace wye::sdk {
namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;
constexpr std::size_t kPiece = 32 * 1024;

bool is_event_stream(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return iequals(type, "text/event-stream");
}

}  // namespace

Result<ResponseStream> open_events(ClientCore& core, Request request, const CallOptions& call) {
  request.headers.emplace_back("Accept", "text/event-stream");
  WYE_TRY(auto opened, core.open(request, call, true));
  if (opened.status() < 200 || opened.status() > 299) {
    const auto body = read_whole(opened, kMaxErrorBody);
    return core.error_of(opened.status(), opened.headers(), body ? *body : "");
  }
  // A page from something in between would look like a stream that has ended.
  if (!is_event_stream(header(opened.headers(), "Content-Type")))
    return Error{.kind = ErrorKind::internal,
                 .code = "bad_answer",
                 .message =
                     "the stream was answered with something else than text/event-stream; is a proxy or "
                     "a login page in between?"};
  return opened;
}

std::int64_t dropped_by_server(std::string_view comment) {
  constexpr std::string_view kDropped = "dropped ";
  std::int64_t count = 0;
  if (comment.starts_with(kDropped))
    std::from_chars(comment.data() + kDropped.size(), comment.data() + comment.size(), count);
  return std::max<std::int64_t>(count, 0);
}

void add_dropped(std::int64_t& sum, std::int64_t count) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  sum = count > kMost - sum ? kMost : sum + count;
}

Error bad_event(const Error& why) {
  return {.kind = ErrorKind::internal,
          .code = "bad_answer",
          .message = "an event of the stream is not what the API promises: " + why.message};
}

Result<std::optional<net::SseEvent>> EventSource::next() {
  std::array<char, kPiece> piece;
  for (;;) {
    while (auto event = parser_.next()) {
      if (!event->is_comment) return event;
      add_dropped(dropped_, dropped_by_server(event->data));
    }
    WYE_TRY(const auto got, stream_.read(piece));
    if (got == 0) return std::optional<net::SseEvent>();
    WYE_CHECK(parser_.feed({piece.data(), got}));
  }
}

}  // namespace wye::sdk
