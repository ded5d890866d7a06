#include <boost/asio/buffer.hpp>
#include <charconv>

#include "base/encoding.h"
#include "net/http_connection.h"

// The answer's side of an exchange.
namespace wye::net {

namespace asio = boost::asio;

namespace {

// Of a body nobody wanted: read so that the connection can be kept.
constexpr std::size_t kDrainBytes = 256 * 1024;

Error misuse(const char* what) { return {ErrorKind::internal, "internal_error", what}; }

bool is_framing(std::string_view name) {
  return iequals(name, "connection") || iequals(name, "keep-alive") || iequals(name, "content-length") ||
         iequals(name, "transfer-encoding");
}

}  // namespace

// Before an answer's head: whether the connection can be used for another request after it.
void HttpConnection::settle_keep_alive() {
  if (server_->stopping) keep_alive_ = false;
  if (body_complete_) return;
  if (expects_continue_) keep_alive_ = false;
  if (body_framing_ == Framing::length && body_left_ > kDrainBytes) keep_alive_ = false;
  // How much is left of a chunked body nobody knows.
  if (body_framing_ == Framing::chunked) keep_alive_ = false;
}

std::string HttpConnection::render_head(int status, const Headers& headers, std::string_view framing_field) {
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
  for (const auto& [name, value] : headers) {
    // A line break in a value would be a second answer; what cannot be sent truthfully is left out.
    if (is_framing(name) || !is_field_name(name) || !is_field_value(value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out += framing_field;
  if (!keep_alive_)
    out += "Connection: close\r\n";
  else if (http10_)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
  return out;
}

Task<Result<void>> HttpConnection::respond(Response response) {
  if (started_) co_return misuse("answered twice");
  started_ = finished_ = true;
  settle_keep_alive();
  const bool no_length = response.status < 200 || response.status == 204;
  const bool no_body = bodiless_ || no_length || response.status == 304;
  std::string framing;
  // An answer to HEAD may name the length of what GET would bring.
  if (no_body && response.headers.has("Content-Length"))
    framing = "Content-Length: " + std::string(response.headers.get("Content-Length")) + "\r\n";
  else if (!no_length)
    framing = "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  if (no_length) framing.clear();
  const auto head = render_head(response.status, response.headers, framing);
  iovec parts[] = {part(head), part(no_body ? std::string_view() : std::string_view(response.body))};
  co_return co_await send(parts);
}

Task<Result<void>> HttpConnection::start(int status, Headers headers) {
  if (started_) co_return misuse("answered twice");
  started_ = true;
  settle_keep_alive();
  const auto length = headers.get("Content-Length");
  bodiless_ = bodiless_ || status == 204 || status == 304;
  std::string framing;
  if (!length.empty()) {
    std::from_chars(length.data(), length.data() + length.size(), answer_left_);
    counted_answer_ = !bodiless_;
    if (status != 204) framing = "Content-Length: " + std::to_string(answer_left_) + "\r\n";
  } else if (!bodiless_ && http10_) {
    keep_alive_ = false;
  } else if (!bodiless_) {
    chunked_answer_ = true;
    framing = "Transfer-Encoding: chunked\r\n";
  }
  const auto head = render_head(status, headers, framing);
  iovec parts[] = {part(head)};
  co_return co_await send(parts);
}

Task<Result<void>> HttpConnection::write(std::string_view bytes) {
  if (!started_ || finished_) co_return misuse("written outside of an answer");
  if (bytes.empty() || bodiless_) co_return Result<void>();
  if (counted_answer_) {
    if (bytes.size() > answer_left_) {
      abort();
      co_return misuse("the answer is longer than it said");
    }
    answer_left_ -= bytes.size();
  }
  char size_line[24] = {};
  std::string_view before;
  if (chunked_answer_) {
    auto* end = std::to_chars(size_line, size_line + 18, bytes.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    before = std::string_view(size_line, static_cast<std::size_t>(end - size_line));
  }
  iovec parts[] = {part(before), part(bytes),
                   part(chunked_answer_ ? std::string_view("\r\n") : std::string_view())};
  co_return co_await send(parts);
}

Task<Result<void>> HttpConnection::finish() {
  if (!started_ || finished_) co_return Result<void>();
  if (counted_answer_ && answer_left_ > 0) {
    abort();
    co_return misuse("the answer is shorter than it said");
  }
  finished_ = true;
  if (!chunked_answer_ || bodiless_) co_return Result<void>();
  iovec parts[] = {part("0\r\n\r\n")};
  co_return co_await send(parts);
}

void HttpConnection::abort() {
  started_ = true;
  if (socket_.is_open()) {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);  // a reset, not an end
  }
  close();
}

}  // namespace wye::net
