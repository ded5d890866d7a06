#include "metro/downstream.h"

#include <utility>

#include "metro/head_rewrite.h"
#include "metro/web_fields.h"

namespace wye::metro {

namespace {

constexpr std::size_t kJoinedBytes =
    2 * 1024;  // of a body: up to here copying is cheaper than a second part of a message

}  // namespace

void Downstream::begin() {
  end();
  reason_ = Reason::agent;
  dechunks_ = false;
}

void Downstream::end() {
  if (lasting_ != nullptr) std::exchange(lasting_, nullptr)->take();
}

Sent Downstream::put_head(const net::HeadView& head, std::string_view body) {
  const auto& request = client_.request();
  lasting_ = counters_.answer(reason_, head);
  dechunks_ = request.minor_version == 0 && head.framing == net::Framing::chunked;
  if (dechunks_) chunks_.begin(net::Framing::chunked, 0);
  if (dechunks_ || head.framing == net::Framing::until_close) client_.close_after_answer();
  auto connection = net::connection_field(client_.begin_answer(), request.minor_version);
  if (head.status == 101) connection = net::ConnectionField::upgrade;
  out_.clear();
  append_answer_head(
      out_, head,
      {.connection = connection, .dechunked = dechunks_, .web_page = is_from_web_page(request.fields())});
  body = fit(body);
  if (body.size() <= kJoinedBytes) {
    out_.append(body);
    body = {};
  }
  parts_[0] = net::part(out_);
  parts_[1] = net::part(body);
  return client_.send(parts_);
}

Sent Downstream::put_body(std::string_view body) {
  parts_[0] = net::part(fit(body));
  return client_.send(std::span<iovec>(parts_, 1));
}

std::string_view Downstream::fit(std::string_view body) {
  if (!dechunks_) return body;
  payload_.clear();
  (void)chunks_.take(body, &payload_);
  return payload_;
}

net::Task<> Downstream::respond(net::Response response) {
  counters_.answer(reason_, response.status);
  const auto sent = co_await client_.respond(std::move(response));
  if (!sent) client_.abort();
}

void Downstream::abort() {
  if (client_.answer() == net::ClientConnection::Answer::none)
    counters_.answer(Reason::client_gone, Outcome::broken);
  client_.abort();
}

}  // namespace wye::metro
