#include "wye/telemetry_stream.h"

#include <algorithm>
#include <array>

#include "base/try.h"
#include "sdk/backoff.h"
#include "sdk/event_source.h"
#include "sdk/paths.h"
#include "sdk/telemetry_stream_state.h"
#include "wire/describe.h"

namespace wye {

namespace sdk {

std::string pinned(ClientCore& core, const std::string& id_or_name) {
  const auto session = core.session_of(id_or_name);
  return session.empty() ? id_or_name : session;
}

}  // namespace sdk

namespace {

Error dropped_connection() {
  return {.kind = ErrorKind::disconnected, .code = "stream_ended", .message = "the server ended the stream"};
}

}  // namespace

TelemetryStream::State::State(std::shared_ptr<ClientCore> core, std::string id_or_name, StreamOptions options,
                              CallOptions call)
    : core_(std::move(core)),
      id_or_name_(std::move(id_or_name)),
      options_(std::move(options)),
      call_(std::move(call)) {
  if (options_.last_event_id.value_or(0) >= 1)
    last_seq_ = options_.last_event_id;  // 0 means "now", like no value
}

Result<Request> TelemetryStream::State::request() const {
  sdk::Query query;
  if (options_.replay_all && !last_seq_) query.add("replay", std::optional<std::string>("all"));
  query.add_list("category", options_.categories);
  query.add_list("type", options_.types);
  WYE_TRY(auto path, sdk::browser_path(id_or_name_, "/telemetry/stream" + query.suffix()));
  Request out{.method = "GET", .path = std::move(path)};
  if (last_seq_) out.headers.emplace_back("Last-Event-ID", std::to_string(*last_seq_));
  return out;
}

Result<void> TelemetryStream::State::open() {
  id_or_name_ = sdk::pinned(*core_, id_or_name_);
  WYE_TRY(const auto wanted, request());
  WYE_TRY(auto opened, sdk::open_events(*core_, wanted, call_));
  route_ = opened.route();
  parser_ = {};
  stream_.emplace(std::move(opened));
  return {};
}

// Returns true when the stream is open again, and false when the session has ended.
Result<bool> TelemetryStream::State::reopen(Error why) {
  stream_.reset();
  while (options_.auto_resume && resumes_ < options_.max_resumes && why.kind != ErrorKind::cancelled) {
    WYE_CHECK(core_->pause().wait(sdk::backoff(resumes_++, core_->random()), call_.stop));
    const auto opened = open();
    if (opened) return true;
    if (opened.error().kind == ErrorKind::not_found) return false;
    why = opened.error();
  }
  return why;
}

// Checks each event: a server that knows no filters sends everything.
bool TelemetryStream::State::wants(const TelemetryEvent& event) const {
  const auto holds = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  return holds(options_.categories, event.category) && holds(options_.types, event.type);
}

TelemetryStream::State::Next TelemetryStream::State::take(const net::SseEvent& event) {
  using Nothing = std::optional<TelemetryEnvelope>;
  // Where every event has a `seq`, a gap shows what was dropped, and the server's count would count it twice.
  // The gap is told before the event behind it. A filter makes gaps of its own.
  if (event.is_comment) {
    if (!last_seq_ || is_filtered()) sdk::add_dropped(missed_, sdk::dropped_by_server(event.data));
    return Nothing();
  }
  auto envelope = wire::from_text<TelemetryEnvelope>(event.data);
  if (!envelope) return sdk::bad_event(envelope.error());
  resumes_ = 0;
  if (envelope->seq <= 0) return Nothing(std::move(*envelope));
  // The caller saw it before the connection ended.
  if (has_seen_ && envelope->seq <= *last_seq_) return Nothing();
  if (last_seq_ && envelope->seq > *last_seq_ && !is_filtered())
    sdk::add_dropped(missed_, envelope->seq - *last_seq_ - 1);
  last_seq_ = envelope->seq;
  has_seen_ = true;
  if (!wants(envelope->event)) return Nothing();
  return Nothing(std::move(*envelope));
}

TelemetryStream::State::Next TelemetryStream::State::end_with(Next last) {
  stream_.reset();
  ended_ = last;
  return last;
}

TelemetryStream::State::Next TelemetryStream::State::next() {
  std::array<char, 32 * 1024> piece;
  while (!ended_) {
    while (const auto event = parser_.next()) {
      auto envelope = take(*event);
      if (!envelope) return end_with(std::move(envelope));
      if (*envelope) return envelope;
    }
    const auto got = stream_->read(piece);
    if (got && *got > 0) {
      if (auto fed = parser_.feed({piece.data(), *got}); !fed) return end_with(fed.error());
      continue;
    }
    if (got && !options_.auto_resume)
      return end_with(std::optional<TelemetryEnvelope>());  // the session has ended
    auto again = reopen(got ? dropped_connection() : got.error());
    if (!again) return end_with(again.error());
    if (!*again) return end_with(std::optional<TelemetryEnvelope>());
  }
  return *ended_;
}

Result<std::optional<TelemetryEnvelope>> TelemetryStream::next() { return state_->next(); }
std::int64_t TelemetryStream::missed() const { return state_->missed(); }
const RouteInfo& TelemetryStream::route() const { return state_->route(); }

TelemetryStream::Iterator& TelemetryStream::Iterator::operator++() {
  const bool was_last = item_ && !*item_;
  item_.reset();
  if (!was_last) {
    auto next = stream_->next();
    if (!next)
      item_.emplace(next.error());
    else if (*next)
      item_.emplace(std::move(**next));
  }
  if (!item_) stream_ = nullptr;
  return *this;
}

}  // namespace wye
