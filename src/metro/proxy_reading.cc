#include "base/encoding.h"
#include "metro/agent_answer.h"
#include "metro/answers.h"
#include "metro/head_rewrite.h"
#include "metro/proxy_call.h"
#include "metro/web_fields.h"

namespace wye::metro {

using net::HeadView;

namespace {

constexpr std::size_t kMaxErrorBytes = 64 * 1024;  // longer bodies are read as `browser_gone` by no client
constexpr std::size_t kMaxTargetListBytes = 1024 * 1024;
constexpr std::size_t kMaxFraming = 64 * 1024;  // for the framing of chunks, beside as many bytes of payload

net::Response same_but_body(const HeadView& head, std::string body, bool web_page) {
  net::Response response;
  response.status = head.status;
  for (const auto& guard : guard_fields(web_page))
    response.headers.add(std::string(guard.name), std::string(guard.value));
  for (const auto& field : head.fields())
    if (!is_hop_field(field.id) && field.id != net::FieldId::x_wye_source)
      response.headers.add(std::string(prefix_of(field, web_page)).append(field.name),
                           std::string(field.value));
  response.headers.add("X-Wye-Source", std::string(source_of(head)));
  response.body = std::move(body);
  return response;
}

bool is_encoded(const HeadView& head) {
  for (const auto& field : head.fields())
    if (iequals(field.name, "content-encoding") && !iequals(field.value, "identity")) return true;
  return false;
}

}  // namespace

std::size_t ProxyCall::reading_limit(const HeadView& head) const {
  if (head.framing == net::Framing::none) return 0;
  const auto& policy = request_.policy;
  if (policy.registry_tail && head.status == 404) return kMaxErrorBytes;
  if (policy.archive_tail && head.status == 410 && proxy_.records_.has_archive()) return kMaxErrorBytes;
  if (policy.sets_telemetry && head.status < 300 && proxy_.records_.hears_telemetry()) return kMaxErrorBytes;
  if (policy.lists_targets && head.status == 200 && !request_.jwt.empty()) return kMaxTargetListBytes;
  return 0;
}

net::Task<> ProxyCall::read_and_answer(std::size_t limit) {
  const std::string head_text(answer_head_);
  const bool encoded = is_encoded(proxy_.scratch_);
  std::string raw;
  std::string payload;
  while (true) {
    const auto size = answer_.take(upstream_->buffered(), &payload);
    raw.append(upstream_->buffered().substr(0, size));
    upstream_->consume(size);
    // A body that is nearly all framing is not honest. It must neither fill memory nor pass unread.
    if (answer_.failed() || raw.size() > kMaxFraming + 2 * limit) co_return co_await fail();
    if (answer_.complete() || payload.size() > limit) break;
    if (co_await fill() == 0) {
      if (flight_.ended == Ended::no) answer_.end_of_stream();
      if (!answer_.complete()) co_return co_await fail();
    }
  }
  // Nobody asked for a coding, and it could hide any text.
  if (encoded) co_return co_await fail();
  if (!answer_.complete() || payload.size() > limit) co_return co_await pass_on(head_text, raw);

  const auto status = net::parse_response_head(head_text, false, proxy_.scratch_) == net::HeadFault::none
                          ? proxy_.scratch_.status
                          : 0;
  if (status == 410 && code_of_body(payload) == "spool_trimmed") {
    std::string session_id(request_.session_id);
    std::string query(request_.query);
    auto page = co_await proxy_.records_.archive_page(std::move(session_id), std::move(query));
    if (!page.headers.has("X-Wye-Source")) page.headers.add("X-Wye-Source", "gateway");
    ByteBudget::Held held(proxy_.records_.pages());
    if (!held.add(page.body.size())) page = own_answer(OwnAnswer::overloaded);
    client_.answer_because(page.status == 503 ? Reason::overloaded : Reason::archive);
    co_await respond(std::move(page));
    co_return;
  }
  if (request_.policy.sets_telemetry && status < 300) {
    std::string session_id(request_.session_id);
    co_await proxy_.records_.telemetry_changed(std::move(session_id));
    co_return co_await pass_on(head_text, raw);
  }
  auto other = replacement(payload);
  if (!other) co_return co_await pass_on(head_text, raw);
  co_await respond(std::move(*other));
}

// Returns an answer in place of one that says what only the metro may say, or that lacks what only the metro
// knows.
std::optional<net::Response> ProxyCall::replacement(const std::string& payload) {
  const auto& head = proxy_.scratch_;
  const bool web_page = is_from_web_page(client_.fields());
  if (head.status == 404) {
    if (auto body = without_gone(payload)) return same_but_body(head, std::move(*body), web_page);
  }
  if (head.status == 200) {
    if (auto body = with_jwt(payload, request_.jwt, public_host()))
      return same_but_body(head, std::move(*body), web_page);
  }
  return std::nullopt;
}

std::string_view ProxyCall::public_host() const {
  if (!request_.public_host.empty()) return request_.public_host;
  for (const auto& field : client_.fields())
    if (field.id == net::FieldId::host) return field.value;
  return {};
}

net::Task<> ProxyCall::pass_on(const std::string& head_text, const std::string& raw) {
  if (net::parse_response_head(head_text, false, proxy_.scratch_) != net::HeadFault::none)
    co_return co_await fail();
  answer_state_ = Answer::given;
  const auto sent = client_.put_head(proxy_.scratch_, raw);
  if (sent != Sent::all && !co_await deliver(sent)) co_return;
  co_await stream();
}

}  // namespace wye::metro
