#include "cli/files/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/events/event_line.h"

namespace wye::cli {
namespace {

constexpr std::chrono::milliseconds kDrawEvery{100};
constexpr std::size_t kBar = 20, kLongestName = 200, kUsualColumns = 80;

std::size_t columns_of_terminal() {
  winsize window{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col
                                                                               : kUsualColumns;
}

// Keeps the beginning of a UTF-8 text; at least its characters stay whole.
std::string shortened(std::string_view text, std::size_t most) {
  std::size_t cells = 0, at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
    if (++cells > most) break;
  }
  return std::string(text.substr(0, at));
}

}  // namespace

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> out;
  std::snprintf(out.data(), out.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return out.data();
}

std::string progress_line(std::string_view name, std::int64_t done, std::int64_t fresh,
                          std::optional<std::int64_t> total, std::chrono::milliseconds took,
                          std::size_t columns) {
  std::string state;
  if (total) {
    const auto share =
        *total <= 0 ? 1.0 : std::clamp(static_cast<double>(done) / static_cast<double>(*total), 0.0, 1.0);
    const auto full = static_cast<std::size_t>(share * kBar);
    state = " [" + std::string(full, '#') + std::string(kBar - full, '.') + "] " +
            std::to_string(static_cast<int>(share * 100)) + " %";
  }
  state += "  " + bytes_text(done);
  if (took.count() > 0)
    state += "  " +
             bytes_text(static_cast<std::int64_t>(static_cast<double>(fresh) * 1000 /
                                                  static_cast<double>(took.count()))) +
             "/s";
  if (state.size() >= columns) return shortened(name, columns);
  return shortened(name, columns - state.size()) + state;
}

void Progress::begin(std::string name, std::optional<std::int64_t> total, std::int64_t done) {
  name_ = plain_text(name, kLongestName);
  total_ = total;
  before_ = done;
  done_ = 0;
  began_ = drawn_ = Clock::now();
}

void Progress::add(std::int64_t bytes) {
  done_ += bytes;
  bytes_ += bytes;
  if (const auto now = Clock::now(); now - drawn_ >= kDrawEvery) draw(now);
}

void Progress::end() {
  ++files_;
  wipe();
}

void Progress::draw(Clock::time_point now) {
  drawn_ = now;
  if (!shown_) return;
  is_drawn_ = true;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
  const auto line = progress_line(name_, before_ + done_, done_, total_, took, columns_of_terminal() - 1);
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
}

void Progress::wipe() {
  if (std::exchange(is_drawn_, false)) std::fprintf(stderr, "\r\x1b[K");
}

}  // namespace wye::cli
