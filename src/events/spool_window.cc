#include "events/spool_window.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace wye::events {

std::string_view SpoolWindow::from(std::int64_t at, std::int64_t wanted, std::int64_t end) {
  if (!holds(at)) {
    bytes_.clear();
    begin_ = at;
  }
  const auto missing = std::min(wanted, end - at) - (this->end() - at);
  if (missing > 0) {
    // Drops the bytes before `at` once they are at least as many as those that must be moved.
    if (at - begin_ >= this->end() - at) {
      bytes_.erase(0, static_cast<std::size_t>(at - begin_));
      begin_ = at;
    }
    read_on(missing, end);
  }
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(0, end - at));
  return std::string_view(bytes_).substr(static_cast<std::size_t>(at - begin_), most);
}

void SpoolWindow::read_on(std::int64_t wanted, std::int64_t end) {
  auto done = bytes_.size();
  const auto from = this->end();
  bytes_.resize(done + static_cast<std::size_t>(std::min(std::max(wanted, ahead_), end - from)));
  while (done < bytes_.size()) {
    const auto got =
        ::pread(fd_, bytes_.data() + done, bytes_.size() - done, begin_ + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes_.resize(done);
  read_ += this->end() - from;
}

}  // namespace wye::events
