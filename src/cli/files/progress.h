#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wye::cli {

/// Writes a number of bytes for people: `812 B`, `3.4 MiB`.
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

/// Writes how far a transfer is, in at most `columns` cells: name, bar, share, bytes, `fresh` bytes a second.
/// Without a total there is no bar and no share.
[[nodiscard]] std::string progress_line(std::string_view name, std::int64_t done, std::int64_t fresh,
                                        std::optional<std::int64_t> total, std::chrono::milliseconds took,
                                        std::size_t columns);

/// Shows transfers one after another in one line of the terminal of standard error; nothing where that is no
/// terminal. Counts files and bytes in any case.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown) {}
  ~Progress() { wipe(); }
  Progress(const Progress&) = delete;

  /// Begins a file; `done` bytes of it are there already.
  void begin(std::string name, std::optional<std::int64_t> total, std::int64_t done = 0);
  void add(std::int64_t bytes);
  /// Ends the file.
  void end();
  [[nodiscard]] std::int64_t files() const { return files_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }  ///< Transferred in this run.

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);
  void wipe();

  const bool shown_;
  std::string name_;
  std::optional<std::int64_t> total_;
  std::int64_t before_ = 0, done_ = 0;  // of the file: at its begin, and since
  Clock::time_point began_, drawn_;
  bool is_drawn_ = false;
  std::int64_t files_ = 0, bytes_ = 0;
};

}  // namespace wye::cli
