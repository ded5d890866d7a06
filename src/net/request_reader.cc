#include "net/request_reader.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace wye::net {

RequestReader::RequestReader(std::size_t head_bytes) : head_bytes_(head_bytes), buffer_(kFirstBuffer) {}

std::span<char> RequestReader::room() {
  if (state_ == State::head) {
    if (begin_ > 0 && end_ == buffer_.size()) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    // look() has refused a head that fills the largest buffer.
    if (end_ == buffer_.size())
      buffer_.resize(std::min(buffer_.size() * 2, std::max(head_bytes_, kFirstBuffer)));
  }
  return std::span(buffer_).subspan(end_);
}

void RequestReader::took(std::size_t bytes) {
  assert(bytes <= buffer_.size() - end_);
  end_ += bytes;
}

RequestReader::Step RequestReader::look() {
  assert(state_ == State::head);
  const auto end = find_head_end(buffered(), scanned_);
  fault_ = end.fault;
  if (fault_ == HeadFault::none && end.size > head_bytes_) fault_ = HeadFault::too_large;
  if (fault_ == HeadFault::none) fault_ = parse_request_head(buffered().substr(0, end.size), head_);
  scanned_ = buffered().size();
  if (fault_ == HeadFault::incomplete && scanned_ >= head_bytes_) fault_ = HeadFault::too_large;
  if (fault_ == HeadFault::incomplete) return Step::more;
  if (fault_ != HeadFault::none) {
    give_up();
    return Step::refused;
  }
  state_ = State::request;
  begin_ += end.size;
  body_.begin(head_.framing, head_.content_length);
  expects_continue_ = head_.expects_continue && head_.minor_version == 1 && !body_.complete();
  keep_alive_ = head_.keep_alive;
  return Step::ready;
}

void RequestReader::give_up() {
  assert(state_ == State::head);
  state_ = State::refused;
  keep_alive_ = expects_continue_ = false;
  head_.method = {};  // it may be half a head, or that of the last request
  head_.minor_version = 1;
  body_.begin(Framing::none, 0);
}

std::string_view RequestReader::take_body() {
  const auto bytes = buffered().substr(0, body_.take(buffered()));
  begin_ += bytes.size();
  return bytes;
}

std::size_t RequestReader::take_payload(std::span<char> out) {
  std::size_t size = 0;
  while (size < out.size() && begin_ < end_ && !body_.complete() && !body_.failed()) {
    const auto step = body_.next(buffered().substr(0, out.size() - size));
    std::copy(step.data.begin(), step.data.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
    size += step.data.size();
    begin_ += step.consumed;
  }
  return size;
}

std::size_t RequestReader::take_raw(std::span<char> out) {
  const auto size = std::min(out.size(), end_ - begin_);
  std::copy_n(buffered().data(), size, out.data());
  begin_ += size;
  return size;
}

std::size_t RequestReader::came(std::string_view piece) {
  assert(begin_ == end_ || body_.complete());
  const auto used = body_.take(piece);
  if (body_.complete()) keep_for_next(piece.substr(used));
  return used;
}

std::size_t RequestReader::unframe(std::span<char> piece) {
  assert(begin_ == end_ || body_.complete());
  std::size_t at = 0, size = 0;
  while (at < piece.size() && !body_.complete() && !body_.failed()) {
    const auto step = body_.next(std::string_view(piece.data() + at, piece.size() - at));
    // Payload never lies before the place to which it goes.
    std::copy(step.data.begin(), step.data.end(), piece.begin() + static_cast<std::ptrdiff_t>(size));
    size += step.data.size();
    at += step.consumed;
  }
  if (body_.complete()) keep_for_next(std::string_view(piece.data() + at, piece.size() - at));
  return size;
}

void RequestReader::keep_for_next(std::string_view bytes) {
  if (bytes.size() > buffer_.size() - end_) {
    keep_alive_ = false;
    return;
  }
  std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(end_));
  end_ += bytes.size();
}

bool RequestReader::take_continue() { return std::exchange(expects_continue_, false) && begin_ == end_; }

void RequestReader::settle() {
  assert(state_ != State::head);
  if (body_.complete()) return;
  const bool small = body_.framing() == Framing::length && body_.left() <= kDropBytes;
  if (!small || expects_continue_) keep_alive_ = false;
}

void RequestReader::next() {
  assert(state_ == State::request && body_.complete() && keep_alive_);
  state_ = State::head;
  scanned_ = 0;
  if (begin_ == end_) begin_ = end_ = 0;
}

}  // namespace wye::net
