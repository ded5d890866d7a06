#include "metro/forward.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "base/encoding.h"
#include "metro/answers.h"
#include "metro/head_rewrite.h"
#include "metro/metro_path.h"
#include "metro/proxy.h"
#include "metro/web_fields.h"
#include "net/body_progress.h"
#include "net/endpoint_client.h"

namespace wye::metro {

namespace asio = boost::asio;
using net::FieldView;
using net::Framing;

namespace {

constexpr std::size_t kBodyBytes = 64 * 1024;

constexpr asio::use_awaitable_t<asio::io_context::executor_type> kAwaitable;

/// An exchange as the proxy sees it: its decoded body is framed again for the agent, the agent's is unframed
/// for it.
class ExchangeDownstream final : public Downstream {
 public:
  ExchangeDownstream(net::Exchange& exchange, asio::io_context& io, LegCounters& counters)
      : exchange_(exchange), io_(io), counters_(counters) {
    for (const auto& [name, value] : exchange.head().headers)
      fields_.push_back({name, value, net::identify_field(name)});
    const auto& headers = exchange.head().headers;
    const auto length = headers.get("Content-Length");
    std::from_chars(length.data(), length.data() + length.size(), content_length_);
    if (headers.has("Transfer-Encoding"))
      framing_ = Framing::chunked;
    else if (content_length_ > 0)
      framing_ = Framing::length;
    complete_ = framing_ == Framing::none;
    upgrade_ = exchange.head().upgrade;
  }

  ~ExchangeDownstream() override {
    if (lasting_ != nullptr) lasting_->take();
  }

  [[nodiscard]] std::string_view method() const override { return exchange_.head().method; }
  [[nodiscard]] std::span<const FieldView> fields() const override { return fields_; }
  [[nodiscard]] Framing framing() const override { return framing_; }
  [[nodiscard]] std::uint64_t content_length() const override { return content_length_; }
  [[nodiscard]] std::string_view upgrade() const override { return upgrade_; }
  std::string_view take_body() override { return {}; }
  [[nodiscard]] bool body_complete() const override { return complete_; }

  net::Task<Result<std::string_view>> read_body() override {
    if (complete_) co_return std::string_view();
    if (stopped_) co_return cancelled();
    body_.resize(kBodyBytes);
    auto got = co_await read_some();
    if (!got) co_return got.error();
    complete_ = *got == 0;
    if (framing_ == Framing::length) {
      sent_ += *got;
      complete_ = complete_ || sent_ == content_length_;
      co_return std::string_view(body_.data(), *got);
    }
    char size[20] = {};
    const auto* end = std::to_chars(size, size + sizeof(size), *got, 16).ptr;
    framed_.assign(size, static_cast<std::size_t>(end - size));
    framed_.append("\r\n").append(body_.data(), *got).append("\r\n");
    co_return std::string_view(framed_);
  }
  void stop_body() override {
    stopped_ = true;
    body_stop_.emit(asio::cancellation_type::all);
  }

  Sent put_head(const net::HeadView& head, std::string_view body) override {
    answered_ = true;
    lasting_ = counters_.answer(reason_, head);
    if (head.status == 101) {
      pending_head_.clear();
      append_answer_head(pending_head_, head,
                         {.connection = ConnectionField::upgrade, .web_page = is_from_web_page(fields_)});
      stream_ = exchange_.hijack();
      return Sent::blocked;
    }
    answer_.begin(head.framing, head.content_length);
    status_ = head.status;
    headers_ = net::Headers();
    const bool web_page = is_from_web_page(fields_);
    for (const auto& guard : guard_fields(web_page))
      headers_.add(std::string(guard.name), std::string(guard.value));
    const auto fields = head.fields();
    for (const auto& field : fields) {
      if (field.id == net::FieldId::x_wye_source) continue;
      if (is_hop_field(field.id) && field.id != net::FieldId::content_length) continue;
      if (!is_hop_field(field.id) && is_named_by_connection(fields, field.name)) continue;
      headers_.add(std::string(prefix_of(field, web_page)).append(field.name), std::string(field.value));
    }
    headers_.add("X-Wye-Source", std::string(source_of(head)));
    start_pending_ = true;
    return put_body(body);
  }
  Sent put_body(std::string_view body) override {
    pending_.clear();
    (void)answer_.take(body, &pending_);
    return Sent::blocked;
  }
  net::Task<bool> flush() override {
    if (stream_) {
      auto written = co_await stream_->write(pending_head_);
      co_return written.has_value();
    }
    if (start_pending_) {
      start_pending_ = false;
      auto started = co_await exchange_.start(status_, std::move(headers_));
      if (!started) co_return false;
    }
    if (pending_.empty()) co_return true;
    auto written = co_await exchange_.write(pending_);
    co_return written.has_value();
  }
  net::Task<bool> finish() override {
    auto finished = co_await exchange_.finish();
    co_return finished.has_value();
  }
  void finished() override {}  // put_head never sends by itself here
  net::Task<bool> respond(net::Response response) override {
    answered_ = true;
    counters_.answer(reason_, response.status);
    auto sent = co_await exchange_.respond(std::move(response));
    co_return sent.has_value();
  }
  void abort() override {
    if (!answered_) counters_.answer(Reason::client_gone, Outcome::broken);
    answered_ = true;
    exchange_.abort();
  }

  void watch(std::function<void()> gone) override { exchange_.watch(std::move(gone)); }
  void unwatch() override { exchange_.unwatch(); }
  std::unique_ptr<net::ByteStream> take_over() override { return std::move(stream_); }

 private:
  // A coroutine of its own, because only that can be cancelled alone.
  net::Task<Result<std::size_t>> read_some() {
    try {
      co_return co_await asio::co_spawn(io_.get_executor(), exchange_.read_some(body_),
                                        asio::bind_cancellation_slot(body_stop_.slot(), kAwaitable));
    } catch (const std::exception&) {
      co_return cancelled();
    }
  }
  static Error cancelled() { return {ErrorKind::cancelled, "cancelled", "the body is not wanted any more"}; }

  net::Exchange& exchange_;
  asio::io_context& io_;
  LegCounters& counters_;
  OwnCounter* lasting_ = nullptr;
  bool answered_ = false;
  std::vector<FieldView> fields_;
  Framing framing_ = Framing::none;
  std::uint64_t content_length_ = 0;
  std::uint64_t sent_ = 0;
  std::string_view upgrade_;
  bool complete_ = true;
  bool stopped_ = false;
  asio::cancellation_signal body_stop_;
  std::vector<char> body_;
  std::string framed_;

  int status_ = 0;
  net::Headers headers_;
  bool start_pending_ = false;
  net::BodyProgress answer_;
  std::string pending_head_;
  std::string pending_;
  std::unique_ptr<net::ByteStream> stream_;
};

}  // namespace

struct Forwarder::Impl {
  Impl(asio::io_context& io_in, SessionDirectory& directory_in, const Log& log, const Clock& clock,
       ProxyLimits limits, MetroHooks hooks)
      : io(io_in),
        directory(directory_in),
        records(directory_in, std::move(hooks)),
        proxy(io_in, directory_in, records, log, limits, "c" + std::to_string(clock.unix_micros()) + "-") {}
  ~Impl() {
    proxy.close();
    records.stop();
  }
  asio::io_context& io;
  SessionDirectory& directory;
  RecordLookup records;
  LegCounters counters;
  Proxy proxy;
};

Forwarder::Forwarder(asio::io_context& io, SessionDirectory& directory, const Log& log, const Clock& clock,
                     ProxyLimits limits, MetroHooks hooks)
    : impl_(std::make_unique<Impl>(io, directory, log, clock, limits, std::move(hooks))) {}

Forwarder::~Forwarder() = default;

LegCounters& Forwarder::counters() { return impl_->counters; }

net::Task<void> Forwarder::forward(net::Exchange& exchange, std::string session_id, std::string tail,
                                   std::string query, ForwardOptions options) {
  ExchangeDownstream client(exchange, impl_->io, impl_->counters);
  const auto decoded = decoded_tail(tail);
  ProxyRequest request;
  if (decoded) request.policy = control_plane_policy(client.method(), *decoded);
  if (!options.counts_as_use) request.policy.use = Use::none;
  const auto plain_query = without_jwt(query, nullptr);
  std::string target = "/" + tail;
  if (!plain_query.empty()) target.append("?").append(plain_query);
  request.session_id = session_id;
  request.target = target;
  request.query = plain_query;
  request.client_address = options.client_address;
  request.public_scheme = options.public_scheme;
  request.public_host = options.public_host;
  co_await impl_->proxy.forward(client, request);
}

net::Task<net::Response> Forwarder::call(std::string session_id, std::string method, std::string target,
                                         std::string body, std::chrono::milliseconds deadline) {
  const auto view = impl_->directory.find(session_id);
  if (view.state == SessionState::gone) co_return own_answer(OwnAnswer::browser_gone);
  if (view.state == SessionState::creating) co_return own_answer(OwnAnswer::agent_not_ready);
  if (view.state != SessionState::live) co_return own_answer(OwnAnswer::session_ending);
  net::EndpointRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.deadline = deadline;
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  auto answer = co_await net::endpoint_request(view.agent, std::move(request));
  if (answer) co_return std::move(*answer);
  if (answer.error().kind == ErrorKind::timed_out) co_return own_answer(OwnAnswer::too_slow);
  if (answer.error().code == "connect_failed") co_return own_answer(OwnAnswer::agent_not_ready);
  co_return own_answer(OwnAnswer::connection_lost);
}

}  // namespace wye::metro
