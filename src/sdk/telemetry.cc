#include <array>

#include "base/encoding.h"
#include "base/try.h"
#include "net/sse_parser.h"
#include "sdk/client_core.h"
#include "sdk/paging.h"
#include "sdk/retry.h"
#include "wire/describe.h"

namespace wye {

struct TelemetryStream::State {
  std::shared_ptr<ClientCore> core;
  std::string id_or_name;
  StreamOptions options;
  CallOptions call;
  std::optional<ResponseStream> stream;
  RouteInfo route;
  net::SseParser parser;
  std::optional<std::int64_t> last_seq;
  std::int64_t missed = 0;
  int resumes = 0;
  bool ended = false;

  Result<void> open();
  Result<bool> resume(const Error& why);
  Result<std::optional<TelemetryEnvelope>> take(const net::SseEvent& event);
};

namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;

std::int64_t dropped_by_server(std::string_view comment) {
  constexpr std::string_view kDropped = " dropped ";
  if (!comment.starts_with(kDropped)) return 0;
  std::int64_t count = 0;
  std::from_chars(comment.data() + kDropped.size(), comment.data() + comment.size(), count);
  return count;
}

}  // namespace

Result<void> TelemetryStream::State::open() {
  sdk::Query query;
  if (options.replay_all && !last_seq) query.add("replay", std::optional<std::string>("all"));
  Request request{.method = "GET",
                  .path = "/browsers/" + percent_encode(id_or_name) + "/telemetry/stream" +
                          (query.text().empty() ? "" : "?" + query.text()),
                  .headers = {{"Accept", "text/event-stream"}}};
  const auto after = last_seq ? last_seq : options.last_event_id;
  if (after) request.headers.emplace_back("Last-Event-ID", std::to_string(*after));
  WYE_TRY(auto opened, core->open(request, call, true));
  route = opened.route();
  if (opened.status() < 200 || opened.status() > 299) {
    auto body = read_whole(opened, kMaxErrorBody);
    return error_of_answer(opened.status(), opened.headers(), body ? *body : "");
  }
  parser = {};
  stream.emplace(std::move(opened));
  return {};
}

// True = open again; false = the session ended.
Result<bool> TelemetryStream::State::resume(const Error& why) {
  stream.reset();
  Error reason = why;
  while (options.auto_resume && resumes < options.max_resumes && reason.kind != ErrorKind::cancelled) {
    const CallOptions waiting{.timeout = std::chrono::hours(1), .stop = call.stop};
    WYE_CHECK(ClientCore::pause(sdk::backoff(resumes++, core->random()), core->limits(waiting, true)));
    const auto opened = open();
    if (opened) return true;
    if (opened.error().kind == ErrorKind::not_found) return false;
    reason = opened.error();
  }
  return reason;
}

Result<std::optional<TelemetryEnvelope>> TelemetryStream::State::take(const net::SseEvent& event) {
  if (!event.comment.empty()) missed += dropped_by_server(event.comment);
  if (event.data.empty()) return std::optional<TelemetryEnvelope>();
  WYE_TRY(auto envelope, wire::from_text<TelemetryEnvelope>(event.data));
  if (event.id.empty() || envelope.seq == 0) return std::optional<TelemetryEnvelope>(std::move(envelope));
  if (last_seq && envelope.seq > *last_seq + 1) missed += envelope.seq - *last_seq - 1;
  last_seq = envelope.seq;
  resumes = 0;
  return std::optional<TelemetryEnvelope>(std::move(envelope));
}

Result<std::optional<TelemetryEnvelope>> TelemetryStream::next() {
  auto& self = *state_;
  std::array<char, 32 * 1024> piece;
  while (!self.ended) {
    while (const auto event = self.parser.next()) {
      WYE_TRY(auto envelope, self.take(*event));
      if (envelope) return envelope;
    }
    const auto got = self.stream->read(piece);
    if (got && *got > 0) {
      WYE_CHECK(self.parser.feed({piece.data(), *got}));
      continue;
    }
    if (got && !self.options.auto_resume) break;  // the server ended it: the session is over
    WYE_TRY(const bool again, self.resume(got ? Error{.kind = ErrorKind::disconnected,
                                                      .code = "connection_failed",
                                                      .message = "the stream ended"}
                                              : got.error()));
    if (!again) break;
  }
  self.ended = true;
  return std::optional<TelemetryEnvelope>();
}

std::int64_t TelemetryStream::missed() const { return state_->missed; }
const RouteInfo& TelemetryStream::route() const { return state_->route; }

Result<TelemetryStream> Telemetry::stream(const std::string& id_or_name, StreamOptions stream,
                                          CallOptions call) const {
  auto state = std::make_shared<TelemetryStream::State>();
  state->core = core_;
  state->id_or_name = id_or_name;
  state->options = std::move(stream);
  state->call = std::move(call);
  WYE_CHECK(state->open());
  return TelemetryStream(std::move(state));
}

Pager<TelemetryEnvelope> Telemetry::events(const std::string& id_or_name, EventsQuery query,
                                           CallOptions call) const {
  sdk::Query following;  // what stays beside the cursor
  following.add("limit", query.limit);
  following.add("until", query.until);
  following.add("order", query.order);
  std::string categories;
  for (const auto& category : query.categories) categories += (categories.empty() ? "" : ",") + category;
  if (!categories.empty()) following.add("category", std::optional<std::string>(categories));
  auto first = following;
  first.add("since", query.since);
  first.add("offset", query.offset);
  return sdk::pages_of<TelemetryEnvelope>(core_,
                                          "/browsers/" + percent_encode(id_or_name) + "/telemetry/events",
                                          std::move(first), std::move(call), std::move(following));
}

}  // namespace wye
