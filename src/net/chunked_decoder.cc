#include "net/chunked_decoder.h"

#include <algorithm>

namespace wye::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }

}  // namespace

void ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::size:
      if (const int digit = hex_digit(c); digit >= 0) {
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        if (++digits_ > 15) state_ = State::failed;
      } else if (digits_ == 0) {
        state_ = State::failed;
      } else if (c == '\r') {
        state_ = State::size_lf;
      } else {
        state_ = c == ';' ? State::extension : State::failed;
      }
      break;
    case State::extension:
      if (++line_bytes_ > kMaxLineBytes)
        state_ = State::failed;
      else if (c == '\r')
        state_ = State::size_lf;
      else if (!is_text(c))
        state_ = State::failed;
      break;
    case State::size_lf:
      line_bytes_ = 0;
      digits_ = 0;
      state_ = c != '\n' ? State::failed : left_ > 0 ? State::data : State::trailer;
      break;
    case State::data_cr:
      state_ = c == '\r' ? State::data_lf : State::failed;
      break;
    case State::data_lf:
      state_ = c == '\n' ? State::size : State::failed;
      break;
    case State::trailer:
      if (++trailer_bytes_ > kMaxTrailerBytes)
        state_ = State::failed;
      else if (c == '\r')
        state_ = State::trailer_lf;
      else if (!is_text(c))
        state_ = State::failed;
      else
        ++line_bytes_;
      break;
    case State::trailer_lf:
      state_ = c != '\n' ? State::failed : line_bytes_ == 0 ? State::done : State::trailer;
      line_bytes_ = 0;
      break;
    case State::data:
    case State::done:
    case State::failed:
      break;
  }
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view in) {
  std::size_t at = 0;
  while (at < in.size() && state_ != State::data && state_ != State::done && state_ != State::failed)
    take(in[at++]);
  if (state_ != State::data || at == in.size()) return {at, {}};
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - at));
  left_ -= size;
  if (left_ == 0) state_ = State::data_cr;
  return {at + size, in.substr(at, size)};
}

}  // namespace wye::net
