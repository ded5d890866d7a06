#include "vm/curl/curl_job.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/encoding.h"

namespace wye::vm {

using Clock = std::chrono::steady_clock;

CurlJob::CurlJob(boost::asio::io_context& io, std::string id, std::shared_ptr<const CurlJobRequest> request)
    : sets_fields_in_page(std::any_of(request->headers.begin(), request->headers.end(),
                                      [](const auto& field) { return !is_utf8(field.second); })),
      id_(std::move(id)),
      request_(std::move(request)),
      changed_(io.get_executor()) {}

void CurlJob::on_begun() {
  if (page_ == Page::starting) page_ = Page::begun;
  wake();
}

void CurlJob::on_page_lost() {
  page_ = network_id.empty() ? Page::lost_unpaused : Page::lost;
  fail("ERR_ABORTED");
}

void CurlJob::on_extra_info(int status, net::Headers headers) {
  extra_.emplace_back(status, std::move(headers));
  wake();
}

void CurlJob::on_response(CurlHead head, bool has_extra_info) {
  head_ = std::move(head);
  needs_extra_info_ = has_extra_info;
  wake();
}

void CurlJob::on_body(std::string bytes) {
  pieces_.push_back(std::move(bytes));
  wake();
}

void CurlJob::on_end() {
  ended_ = true;
  wake();
}

void CurlJob::on_page_error() {
  page_failed_ = true;
  wake();
}

void CurlJob::on_network_error(std::string name, bool canceled) {
  // A HEAD may end as "aborted" after it succeeded; the page is more reliable here.
  if (canceled && head_) return;
  fail(std::move(name));
}

void CurlJob::fail(std::string net_error_name) {
  if (error_name_.empty()) error_name_ = std::move(net_error_name);
  wake();
}

void CurlJob::refuse(Error why) {
  if (!refusal_) refusal_ = std::move(why);
  fail("ERR_ABORTED");
}

bool CurlJob::head_is_whole() const {
  if (!head_) return false;
  if (!needs_extra_info_ || static_cast<int>(extra_.size()) > trail_.redirects()) return true;
  return ended_;  // Chromium announced more parts of the head and did not send them
}

Error CurlJob::error() const {
  if (refusal_) return *refusal_;
  if (page_ == Page::lost_unpaused)
    return {.kind = ErrorKind::disconnected,
            .code = "upstream_unavailable",
            .message = "the browser is restarting",
            .status = 503};
  const auto name = error_name_.empty() ? std::string("ERR_FAILED") : error_name_;
  return {.kind = name == "ERR_TIMED_OUT" ? ErrorKind::timed_out : ErrorKind::disconnected,
          .code = name,
          .message = "the browser could not complete the request: " + name,
          .status = 502};
}

net::Task<bool> CurlJob::wait(Clock::time_point deadline) {
  if (Clock::now() >= deadline) co_return false;
  changed_.expires_at(deadline);
  const auto [code] = co_await changed_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
  co_return static_cast<bool>(code);  // cancelled means that something changed
}

net::Task<bool> CurlJob::begun(Clock::time_point until) {
  const auto may_have_left = [this] { return !network_id.empty(); };
  while (page_ == Page::starting && error_name_.empty() && !may_have_left()) {
    const bool changed = co_await wait(until);
    if (!changed) co_return false;
  }
  const bool lost = page_ == Page::lost || page_ == Page::lost_unpaused;
  co_return !lost || may_have_left();
}

net::Task<Result<CurlHead>> CurlJob::head(Clock::time_point deadline) {
  // The page's "failed" and the network's reason come separately; the reason is worth a short wait.
  std::optional<Clock::time_point> reason_until;
  while (!head_is_whole()) {
    if (!error_name_.empty()) co_return error();
    if (page_failed_ && !reason_until) reason_until = Clock::now() + std::chrono::milliseconds(200);
    const bool changed = co_await wait(reason_until ? std::min(*reason_until, deadline) : deadline);
    if (changed) continue;
    if (page_failed_) co_return error();
    error_name_ = "ERR_TIMED_OUT";
  }
  CurlHead whole = *head_;
  if (static_cast<int>(extra_.size()) > trail_.redirects() && needs_extra_info_) {
    whole.headers = extra_.back().second;
    if (extra_.back().first != 0) whole.status = extra_.back().first;
  }
  co_return whole;
}

net::Task<Result<std::optional<std::string>>> CurlJob::next_piece(Clock::time_point deadline) {
  for (;;) {
    if (!pieces_.empty()) {
      std::optional<std::string> piece(std::move(pieces_.front()));
      pieces_.pop_front();
      co_return piece;
    }
    if (ended_) co_return std::optional<std::string>();
    if (page_failed_ || !error_name_.empty()) {
      // HEAD and answers without a body may be reported as aborted although nothing is missing.
      if (request_->method == "HEAD" && head_) co_return std::optional<std::string>();
      co_return error();
    }
    if (!co_await wait(deadline)) error_name_ = "ERR_TIMED_OUT";
  }
}

}  // namespace wye::vm
