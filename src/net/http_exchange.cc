#include "net/http_exchange.h"

#include <algorithm>
#include <charconv>

#include "net/answer_head.h"

namespace wye::net {
namespace {

constexpr std::size_t kFirstPiece = 64 * 1024;  // of a body whose length is not known
constexpr std::size_t kPiece = 256 * 1024;

Error misuse(const char* what) { return {ErrorKind::internal, "internal_error", what}; }

}  // namespace

void HttpExchange::begin() {
  const auto& request = client_.request();
  head_.method = request.method;
  head_.target = request.target;
  head_.upgrade = request.upgrade;
  head_.headers = Headers();
  for (const auto& field : request.fields())
    head_.headers.add(std::string(field.name), std::string(field.value));
  framing_ = AnswerFraming::none;
  left_ = 0;
}

Task<Result<std::string>> HttpExchange::read_body(std::size_t limit) {
  const Error too_large{ErrorKind::invalid, "payload_too_large",
                        "the request's body is over " + std::to_string(limit) + " bytes", 413};
  if (client_.body_left() > limit) co_return too_large;
  client_.limit_body(client_.limits().whole_body_timeout);
  std::string body;
  while (!client_.body_complete()) {
    const auto size = body.size();
    if (size > limit) co_return too_large;
    // One byte beyond the limit shows that there is more.
    const auto left = static_cast<std::size_t>(client_.body_left());
    body.resize(size + std::min({left > 0 ? left : kFirstPiece, limit + 1 - size, kPiece}));
    const auto got = co_await read_some(std::span<char>(body.data() + size, body.size() - size));
    if (!got) co_return got.error();
    body.resize(size + *got);
  }
  if (body.size() > limit) co_return too_large;
  co_return body;
}

Task<Result<void>> HttpExchange::start(int status, Headers headers) {
  if (started()) co_return misuse("answered twice");
  const auto length = headers.get("Content-Length");
  const bool bodiless = client_.request().method == "HEAD" || status == 204 || status == 304;
  if (!length.empty()) std::from_chars(length.data(), length.data() + length.size(), left_);
  if (!bodiless) {
    const bool http10 = client_.request().minor_version == 0;
    framing_ = !length.empty() ? AnswerFraming::length
               : http10        ? AnswerFraming::until_close
                               : AnswerFraming::chunked;
  }
  if (framing_ == AnswerFraming::until_close) client_.close_after_answer();
  std::string field;
  if (framing_ == AnswerFraming::chunked) field = "Transfer-Encoding: chunked\r\n";
  if (!length.empty() && status != 204) field = "Content-Length: " + std::to_string(left_) + "\r\n";
  const bool kept = client_.begin_answer();
  const auto head =
      answer_head(status, headers, field, connection_field(kept, client_.request().minor_version));
  iovec parts[] = {part(head)};
  co_return co_await client_.send_whole(parts);
}

Task<Result<void>> HttpExchange::write(std::string_view bytes) {
  if (!is_open()) co_return misuse("written outside of an answer");
  if (bytes.empty() || framing_ == AnswerFraming::none) co_return Result<void>();
  if (framing_ == AnswerFraming::length) {
    if (bytes.size() > left_) {
      abort();
      co_return misuse("the answer is longer than it said");
    }
    left_ -= bytes.size();
  }
  char size_line[24] = {};
  std::string_view before, behind;
  if (framing_ == AnswerFraming::chunked) {
    auto* end = std::to_chars(size_line, size_line + 18, bytes.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    before = std::string_view(size_line, static_cast<std::size_t>(end - size_line));
    behind = "\r\n";
  }
  iovec parts[] = {part(before), part(bytes), part(behind)};
  co_return co_await client_.send_whole(parts);
}

Task<Result<void>> HttpExchange::finish() {
  if (!is_open()) co_return Result<void>();
  if (framing_ == AnswerFraming::length && left_ > 0) {
    abort();
    co_return misuse("the answer is shorter than it said");
  }
  auto sent = Result<void>();
  if (framing_ == AnswerFraming::chunked) {
    iovec parts[] = {part("0\r\n\r\n")};
    sent = co_await client_.send_whole(parts);
  }
  if (sent && is_open()) client_.end_answer();
  co_return sent;
}

Task<void> HttpExchange::client_gone() {
  Timer gone(client_.socket().get_executor(), Timer::time_point::max());
  struct Watching {
    ClientConnection& client;
    const std::uint64_t number;
    ~Watching() { client.unwatch(number); }
  };
  const auto self = client_.shared_from_this();
  const Watching watching{client_, client_.watch([&gone] { gone.cancel(); })};
  co_await gone.async_wait(kAwait);
}

}  // namespace wye::net
