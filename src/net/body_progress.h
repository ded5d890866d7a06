#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/chunked_decoder.h"
#include "net/head_parser.h"

namespace wye::net {

/// Finds the end of a body whose bytes are forwarded unchanged.
class BodyProgress {
 public:
  void begin(Framing framing, std::uint64_t length) {
    framing_ = framing;
    left_ = length;
    complete_ = framing == Framing::none || (framing == Framing::length && length == 0);
    if (framing == Framing::chunked) chunks_ = ChunkedDecoder();
  }
  /// Returns how many bytes from the front of `in` belong to the body; appends its payload to `payload` when
  /// given.
  std::size_t take(std::string_view in, std::string* payload = nullptr) {
    std::size_t size = 0;
    switch (framing_) {
      case Framing::none:
        break;
      case Framing::until_close:
        size = in.size();
        break;
      case Framing::length:
        size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
        left_ -= size;
        complete_ = left_ == 0;
        break;
      case Framing::chunked:
        return take_chunks(in, payload);
    }
    if (payload != nullptr) payload->append(in.substr(0, size));
    return size;
  }
  /// Takes framing up to and including the next run of payload from the front of `in`, and nothing once the
  /// body is complete or has failed.
  ChunkedDecoder::Step next(std::string_view in) {
    if (framing_ != Framing::chunked) {
      const auto size = take(in);
      return {size, in.substr(0, size)};
    }
    const auto step = chunks_.next(in);
    complete_ = chunks_.done();
    return step;
  }
  /// Says that the stream has ended: the body is complete only if it ends with the stream.
  void end_of_stream() { complete_ = complete_ || framing_ == Framing::until_close; }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] bool failed() const { return framing_ == Framing::chunked && chunks_.failed(); }
  [[nodiscard]] Framing framing() const { return framing_; }
  /// Returns the bytes to come of a body whose length is known.
  [[nodiscard]] std::uint64_t left() const { return framing_ == Framing::length ? left_ : 0; }

 private:
  std::size_t take_chunks(std::string_view in, std::string* payload) {
    std::size_t size = 0;
    while (size < in.size() && !chunks_.done() && !chunks_.failed()) {
      const auto step = chunks_.next(in.substr(size));
      size += step.consumed;
      if (payload != nullptr) payload->append(step.data);
    }
    complete_ = chunks_.done();
    return size;
  }

  Framing framing_ = Framing::none;
  std::uint64_t left_ = 0;
  bool complete_ = true;
  ChunkedDecoder chunks_;
};

}  // namespace wye::net
