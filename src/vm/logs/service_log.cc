#include "vm/logs/service_log.h"

#include <utility>

namespace wye::vm {

void ServiceLog::add(std::string_view bytes, std::int64_t now) {
  splitter_.add(bytes, [&](std::string line) { keep(std::move(line), now); });
  if (came_) came_();
}

void ServiceLog::keep(std::string line, std::int64_t now) {
  bytes_ += line.size();
  lines_.push_back({++last_, now, std::move(line)});
  while (bytes_ > kMostBytes || lines_.size() > kMostLines) {
    bytes_ -= lines_.front().text.size();
    lines_.pop_front();
  }
}

const LogLine* ServiceLog::after(std::int64_t number) const {
  if (lines_.empty() || number >= last_) return nullptr;
  const auto first = lines_.front().number;
  return &lines_[number < first ? 0 : static_cast<std::size_t>(number - first + 1)];
}

}  // namespace wye::vm
