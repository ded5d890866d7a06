#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace wye::vm {

/// Makes lines of bytes as they come. A line that is too long comes in pieces, so that no line takes more
/// memory than that. Lines have neither `\n` nor a `\r` before it. Pure.
class LineSplitter {
 public:
  static constexpr std::size_t kLongest = 64 * 1024;
  using Take = std::function<void(std::string line)>;

  void add(std::string_view bytes, const Take& take);
  /// Gives the line that has no end, if there is one.
  void finish(const Take& take);

 private:
  std::string held_;
};

}  // namespace wye::vm
