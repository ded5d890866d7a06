#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/encoding.h"
#include "base/redact.h"
#include "base/try.h"

namespace wye::net {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kPauseAt = 64 * 1024;  // held for a reader; then the socket waits
constexpr std::size_t kMaxHeadBytes =
    256 * 1024;  // status line and headers of one answer, 1xx and trailers included
constexpr std::size_t kMaxIdleSlots = 64;
constexpr long kMaxConnectionsPerSlot = 4;

struct EasyDeleter {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

Error invalid(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

Error error_of(CURLcode code, const char* detail) {
  const std::string text = redact(detail[0] != '\0' ? detail : ::curl_easy_strerror(code));
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {.kind = ErrorKind::disconnected, .code = "connect_failed", .message = text};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return {.kind = ErrorKind::disconnected, .code = "tls_failed", .message = text};
    case CURLE_OPERATION_TIMEDOUT:
      return {.kind = ErrorKind::timed_out, .code = "timed_out", .message = text};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return invalid(text);
    default:
      return {.kind = ErrorKind::disconnected, .code = "connection_failed", .message = text};
  }
}

Error timed_out() {
  return {.kind = ErrorKind::timed_out, .code = "timed_out", .message = "the deadline passed"};
}
Error cancelled() {
  return {.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the caller asked to stop"};
}

// An easy handle and a multi of its own: connections stay with the slot, so threads never share one.
struct Slot {
  std::unique_ptr<CURL, EasyDeleter> easy{::curl_easy_init()};
  std::unique_ptr<CURLM, MultiDeleter> multi{::curl_multi_init()};
  Slot() { ::curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kMaxConnectionsPerSlot); }
};

}  // namespace

struct HttpClient::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Slot>> idle;

  std::unique_ptr<Slot> take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Slot>();
    auto slot = std::move(idle.back());
    idle.pop_back();
    return slot;
  }
  void give_back(std::unique_ptr<Slot> slot) {
    const std::lock_guard lock(mutex);
    if (idle.size() < kMaxIdleSlots) idle.push_back(std::move(slot));
  }
};

namespace {

class CurlResponse final : public WireResponse {
 public:
  CurlResponse(std::shared_ptr<HttpClient::Pool> pool, std::unique_ptr<Slot> slot);
  ~CurlResponse() override;
  Result<void> begin(const WireRequest& request);
  Result<std::size_t> read(std::span<char> out) override;

 private:
  void set_up(const WireRequest& request);
  Result<void> turn(Clock::time_point deadline);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_send(char* out, std::size_t, std::size_t size, void* self);

  std::shared_ptr<HttpClient::Pool> pool_;
  std::unique_ptr<Slot> slot_;
  std::unique_ptr<curl_slist, ListDeleter> header_list_;
  const std::function<Result<std::size_t>(std::span<char>)>* body_stream_ = nullptr;
  std::stop_token stop_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  std::optional<Clock::time_point> body_deadline_;
  char detail_[CURL_ERROR_SIZE] = {};
  std::string buffer_;
  std::size_t taken_ = 0, head_bytes_ = 0;
  bool head_done_ = false, added_ = false, done_ = false, paused_ = false;
  std::optional<Error> failed_;
};

CurlResponse::CurlResponse(std::shared_ptr<HttpClient::Pool> pool, std::unique_ptr<Slot> slot)
    : pool_(std::move(pool)), slot_(std::move(slot)) {}

CurlResponse::~CurlResponse() {
  on_stop_.reset();
  // Taking an unfinished transfer out closes its connection: the other side sees that nobody reads any more.
  if (added_) ::curl_multi_remove_handle(slot_->multi.get(), slot_->easy.get());
  ::curl_easy_reset(slot_->easy.get());
  pool_->give_back(std::move(slot_));
}

std::size_t CurlResponse::on_header(char* data, std::size_t, std::size_t size, void* raw) {
  auto& self = *static_cast<CurlResponse*>(raw);
  std::string_view line(data, size);
  self.head_bytes_ += size;
  if (self.head_bytes_ > kMaxHeadBytes) {
    self.failed_ = Error{.kind = ErrorKind::disconnected,
                         .code = "headers_too_large",
                         .message = "the answer's head is larger than 256 KiB"};
    return 0;
  }
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    self.headers.clear();
    const auto space = line.find(' ');
    self.status =
        space == std::string_view::npos ? 0 : std::atoi(std::string(line.substr(space + 1, 3)).c_str());
    return size;
  }
  if (self.head_done_) return size;  // trailers
  if (line.empty()) {
    if (self.status >= 200 || self.status == 101) self.head_done_ = true;
    return size;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  self.headers.emplace_back(std::string(line.substr(0, colon)), std::string(value));
  return size;
}

std::size_t CurlResponse::on_body(char* data, std::size_t, std::size_t size, void* raw) {
  auto& self = *static_cast<CurlResponse*>(raw);
  if (self.buffer_.size() - self.taken_ >= kPauseAt) {
    self.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  self.buffer_.append(data, size);
  return size;
}

std::size_t CurlResponse::on_send(char* out, std::size_t, std::size_t size, void* raw) {
  auto& self = *static_cast<CurlResponse*>(raw);
  auto got = (*self.body_stream_)({out, size});
  if (got) return *got;
  self.failed_ = got.error();
  return CURL_READFUNC_ABORT;
}

void CurlResponse::set_up(const WireRequest& request) {
  CURL* easy = slot_->easy.get();
  const auto set = [easy](auto option, auto value) { ::curl_easy_setopt(easy, option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_ERRORBUFFER, detail_);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_HEADERFUNCTION, &CurlResponse::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &CurlResponse::on_body);
  set(CURLOPT_WRITEDATA, this);
  if (request.body_stream != nullptr) {
    body_stream_ = request.body_stream;
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &CurlResponse::on_send);
    set(CURLOPT_READDATA, this);
  } else if (request.body != nullptr && (!request.body->empty() || request.method == "POST" ||
                                         request.method == "PUT" || request.method == "PATCH")) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    set(CURLOPT_POSTFIELDS, request.body->c_str());
  }
  if (request.method == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  const auto add = [this](const std::string& line) {
    auto* longer = ::curl_slist_append(header_list_.get(), line.c_str());
    [[maybe_unused]] auto* same = header_list_.release();
    header_list_.reset(longer);
  };
  add("Expect:");
  if (header(request.headers, "Content-Type").empty()) add("Content-Type:");  // curl would invent one
  for (const auto& [name, value] : request.headers) add(value.empty() ? name + ";" : name + ": " + value);
  set(CURLOPT_HTTPHEADER, header_list_.get());
}

Result<void> CurlResponse::begin(const WireRequest& request) {
  set_up(request);
  stop_ = request.stop;
  body_deadline_ = request.body_deadline;
  on_stop_.emplace(stop_, [multi = slot_->multi.get()] { ::curl_multi_wakeup(multi); });
  ::curl_multi_add_handle(slot_->multi.get(), slot_->easy.get());
  added_ = true;
  while (!head_done_ && !done_) WYE_CHECK(turn(request.deadline));
  if (failed_ && !head_done_) return *failed_;
  return {};
}

// One round of libcurl: perform first, wait only when nothing came of it.
Result<void> CurlResponse::turn(Clock::time_point deadline) {
  CURLM* multi = slot_->multi.get();
  if (stop_.stop_requested()) return cancelled();
  const auto before = buffer_.size();
  const bool had_head = head_done_;
  int running = 0;
  ::curl_multi_perform(multi, &running);
  int left = 0;
  while (const auto* message = ::curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    done_ = true;
    if (message->data.result != CURLE_OK && !failed_) failed_ = error_of(message->data.result, detail_);
  }
  if (done_) {
    ::curl_multi_remove_handle(multi, slot_->easy.get());
    added_ = false;
    return {};
  }
  if (buffer_.size() != before || head_done_ != had_head) return {};
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  if (wait <= 0) return timed_out();
  ::curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min<long long>(wait, 60'000)), nullptr);
  return {};
}

Result<std::size_t> CurlResponse::read(std::span<char> out) {
  if (out.empty()) return std::size_t{0};
  const auto deadline = body_deadline_.value_or(Clock::time_point::max() - std::chrono::hours(1));
  while (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
    if (done_) {
      if (failed_) return *failed_;
      return std::size_t{0};
    }
    if (std::exchange(paused_, false)) {
      ::curl_easy_pause(slot_->easy.get(), CURLPAUSE_CONT);
      if (!buffer_.empty()) break;
    }
    WYE_CHECK(turn(deadline));
  }
  const auto size = std::min(out.size(), buffer_.size() - taken_);
  std::memcpy(out.data(), buffer_.data() + taken_, size);
  taken_ += size;
  return size;
}

}  // namespace

HttpClient::HttpClient() : pool_(std::make_shared<Pool>()) {
  static const CURLcode kOnce = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kOnce;
}
HttpClient::~HttpClient() = default;

Result<void> check_wire_request(const WireRequest& request) {
  if (!is_token(request.method)) return invalid("the method is not an HTTP token");
  for (const char c : request.url)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return invalid("the URL holds a space or a control character; percent-encode it");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return invalid("a header name is not an HTTP token");
    for (const char c : value)
      if (c == '\r' || c == '\n' || c == '\0')
        return invalid("the value of header " + name + " holds a line break or NUL");
  }
  return {};
}

Result<std::unique_ptr<WireResponse>> HttpClient::send(const WireRequest& request) {
  WYE_CHECK(check_wire_request(request));
  auto response = std::make_unique<CurlResponse>(pool_, pool_->take());
  WYE_CHECK(response->begin(request));
  return std::unique_ptr<WireResponse>(std::move(response));
}

}  // namespace wye::net
