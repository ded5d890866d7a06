#include "net/curl_transfer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/try.h"
#include "net/curl_error.h"
#include "net/curl_way.h"

namespace wye::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPauseAt = 64 * 1024;          // for a reader; then the socket waits
constexpr std::size_t kCopiedBodyLimit = 64 * 1024;  // libcurl sends such a body together with the head
// Below the idle timeouts of usual servers and load balancers (60 s and more): a request on a kept connection
// that the other side is about to close would be lost.
constexpr long kKeptConnectionLifeSeconds = 50;
constexpr long long kLongestPollMs = 60'000;

}  // namespace

CurlTransfer::CurlTransfer(std::shared_ptr<SlotPool> pool, const HttpClient::Options& options)
    : pool_(std::move(pool)), options_(options), slot_(pool_->take()) {}

CurlTransfer::~CurlTransfer() {
  on_stop_.reset();  // waits for a callback that runs, since that uses the multi
  if (in_multi()) ::curl_multi_remove_handle(slot_->multi.get(), slot_->easy.get());
  ::curl_easy_reset(slot_->easy.get());
  pool_->give_back(std::move(slot_));
}

std::size_t CurlTransfer::on_header(char* data, std::size_t, std::size_t size, void* raw) {
  auto& self = *static_cast<CurlTransfer*>(raw);
  if (self.head_.add_line({data, size})) return size;
  self.failed_ = Error{.kind = ErrorKind::disconnected,
                       .code = "headers_too_large",
                       .message = "the answer's head is larger than 256 KiB"};
  return 0;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t, std::size_t size, void* raw) {
  auto& self = *static_cast<CurlTransfer*>(raw);
  if (self.buffer_.size() - self.taken_ >= kPauseAt) {
    self.state_ = State::paused;
    return CURL_WRITEFUNC_PAUSE;
  }
  self.buffer_.append(data, size);
  return size;
}

std::size_t CurlTransfer::on_send(char* out, std::size_t, std::size_t size, void* raw) {
  auto& self = *static_cast<CurlTransfer*>(raw);
  if (!self.body_stream_) {
    const auto count = std::min(size, self.unsent_.size());
    std::memcpy(out, self.unsent_.data(), count);
    self.unsent_.remove_prefix(count);
    return count;
  }
  auto got = self.body_stream_({out, size});
  if (got) return std::min(*got, size);
  self.failed_ = got.error();
  return CURL_READFUNC_ABORT;
}

namespace {

Error kept_connection_closed() {
  return {.kind = ErrorKind::disconnected,
          .code = "kept_connection_closed",
          .message = "a kept connection was closed before the answer began"};
}

}  // namespace

// Keeps libcurl from sending a request again by itself when a kept connection ends without an answer: the
// request may have run, and the retry policy decides.
int CurlTransfer::on_about_to_send(void* raw, char*, char*, int, int) {
  auto& self = *static_cast<CurlTransfer*>(raw);
  if (++self.sends_ == 1) return CURL_PREREQFUNC_OK;
  self.failed_ = kept_connection_closed();
  return CURL_PREREQFUNC_ABORT;
}

void CurlTransfer::set_up(const WireRequest& request) {
  CURL* easy = slot_->easy.get();
  const auto set = [easy](auto option, auto value) { ::curl_easy_setopt(easy, option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_ERRORBUFFER, detail_);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_MAXAGE_CONN, kKeptConnectionLifeSeconds);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_PREREQFUNCTION, &CurlTransfer::on_about_to_send);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  if (request.decode && header(request.headers, "Accept-Encoding").empty())
    set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set_curl_way(easy, options_, request.url);
  set_up_body(request);
  if (request.method == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set_up_headers(request);
}

void CurlTransfer::set_up_body(const WireRequest& request) {
  CURL* easy = slot_->easy.get();
  const auto set = [easy](auto option, auto value) { ::curl_easy_setopt(easy, option, value); };
  const auto& method = request.method;
  const auto size = static_cast<curl_off_t>(request.body.size());
  if (request.body_stream) {
    body_stream_ = request.body_stream;
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &CurlTransfer::on_send);
    set(CURLOPT_READDATA, this);
  } else if (request.body.size() > kCopiedBodyLimit) {
    unsent_ = request.body;
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, size);
    set(CURLOPT_READFUNCTION, &CurlTransfer::on_send);
    set(CURLOPT_READDATA, this);
  } else if (!request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, size);
    set(CURLOPT_COPYPOSTFIELDS, request.body.empty() ? "" : request.body.data());
  }
}

void CurlTransfer::add_header_line(const std::string& line) {
  auto* longer = ::curl_slist_append(header_list_.get(), line.c_str());
  [[maybe_unused]] auto* same = header_list_.release();
  header_list_.reset(longer);
}

void CurlTransfer::set_up_headers(const WireRequest& request) {
  add_header_line("Expect:");  // libcurl would wait a second for a 100 before a large body
  // libcurl does not invent these either
  if (header(request.headers, "Content-Type").empty()) add_header_line("Content-Type:");
  if (header(request.headers, "Accept").empty()) add_header_line("Accept:");
  for (const auto& [name, value] : request.headers) {
    const bool blank =
        value.find_first_not_of(" \t") == std::string::npos;  // libcurl leaves such a field out
    add_header_line(blank ? name + ";" : std::string(name).append(": ").append(value));
  }
  ::curl_easy_setopt(slot_->easy.get(), CURLOPT_HTTPHEADER, header_list_.get());
}

Result<void> CurlTransfer::begin(const WireRequest& request) {
  assert(state_ == State::made);
  set_up(request);
  stop_ = request.stop;
  body_deadline_ = request.body_deadline;
  on_stop_.emplace(stop_, [multi = slot_->multi.get()] { ::curl_multi_wakeup(multi); });
  ::curl_multi_add_handle(slot_->multi.get(), slot_->easy.get());
  state_ = State::running;
  while (!head_.complete() && state_ != State::done) WYE_CHECK(turn(request.deadline));
  if (!head_.complete()) return failed_.value_or(error_of(CURLE_GOT_NOTHING, detail_, false));
  keep_unsent_body();
  status = head_.status;
  headers = std::move(head_.fields);
  return {};
}

// The answer came before the whole body was sent, and from here on the caller may free its bytes.
void CurlTransfer::keep_unsent_body() {
  if (unsent_.empty() || state_ == State::done) return;
  unsent_copy_ = unsent_;
  unsent_ = unsent_copy_;
}

void CurlTransfer::collect_result() {
  int left = 0;
  bool ended = false;
  while (const auto* message = ::curl_multi_info_read(slot_->multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    ended = true;
    if (message->data.result == CURLE_OK || failed_) continue;
    failed_ = error_of(message->data.result, detail_, head_.complete());
    // libcurl was about to send again and could not connect: the first sending may have run all the same.
    if (sends_ > 0 && failed_->code == "connect_failed") failed_ = kept_connection_closed();
  }
  if (!ended) return;
  assert(in_multi());
  ::curl_multi_remove_handle(slot_->multi.get(), slot_->easy.get());
  state_ = State::done;
}

// Closes the connection at once, and does not wait until the caller drops the answer.
Error CurlTransfer::abandon(Error why) {
  if (in_multi()) ::curl_multi_remove_handle(slot_->multi.get(), slot_->easy.get());
  state_ = State::done;
  failed_ = why;
  return why;
}

// Does one round of libcurl: it performs first, and waits only when nothing has happened.
Result<void> CurlTransfer::turn(SteadyClock::time_point deadline) {
  if (stop_.stop_requested()) return abandon(cancelled());
  const auto before = buffer_.size();
  const bool had_head = head_.complete();
  int running = 0;
  ::curl_multi_perform(slot_->multi.get(), &running);
  collect_result();
  if (state_ == State::done || buffer_.size() != before || head_.complete() != had_head) return {};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  if (left <= 0) return abandon(timed_out());
  ::curl_multi_poll(slot_->multi.get(), nullptr, 0,
                    static_cast<int>(std::min<long long>(left, kLongestPollMs)), nullptr);
  return {};
}

Result<std::size_t> CurlTransfer::read(std::span<char> out) {
  if (out.empty()) return std::size_t{0};
  constexpr auto kNever = SteadyClock::time_point::max() - std::chrono::hours(1);
  while (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
    if (state_ == State::done) {
      if (failed_) return *failed_;
      return std::size_t{0};
    }
    if (state_ == State::paused) {
      state_ = State::running;
      ::curl_easy_pause(slot_->easy.get(), CURLPAUSE_CONT);  // may call on_body at once
      if (!buffer_.empty()) break;
    }
    WYE_CHECK(turn(body_deadline_.value_or(kNever)));
  }
  const auto size = std::min(out.size(), buffer_.size() - taken_);
  std::memcpy(out.data(), buffer_.data() + taken_, size);
  taken_ += size;
  return size;
}

}  // namespace wye::net
