#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wye::events {

/// Buffers a file around the place where it is read. While the reader moves forward, each byte is read once:
/// a longer view of the same place reads only the missing bytes.
class SpoolWindow {
 public:
  /// `ahead` is how much of the file is read at once.
  SpoolWindow(int fd, std::int64_t ahead) : fd_(fd), ahead_(ahead) {}

  /// Returns the file's bytes from `at` on: at least `wanted`, none at or after `end`. Fewer when the file
  /// ends or cannot be read. Valid until the next call.
  std::string_view from(std::int64_t at, std::int64_t wanted, std::int64_t end);
  /// The end of the buffered bytes; bytes before `at` are dropped.
  [[nodiscard]] std::int64_t end() const { return begin_ + static_cast<std::int64_t>(bytes_.size()); }
  [[nodiscard]] bool holds(std::int64_t at) const { return at >= begin_ && at < end(); }
  /// Drops all bytes and frees their memory.
  void clear() { bytes_ = {}; }
  /// Bytes read from the file so far.
  [[nodiscard]] std::int64_t read() const { return read_; }

 private:
  void read_on(std::int64_t wanted, std::int64_t end);

  int fd_;
  std::int64_t ahead_;
  std::string bytes_;  // the bytes of the file from `begin_` on, as they were when read
  std::int64_t begin_ = 0, read_ = 0;
};

}  // namespace wye::events
