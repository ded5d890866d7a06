#include "cli/files/progress.h"

#include <gtest/gtest.h>

namespace wye::cli {
namespace {

using namespace std::chrono_literals;

TEST(Progress, bytes_are_written_for_people) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.0 KiB");
  EXPECT_EQ(bytes_text(3'600'000), "3.4 MiB");
  EXPECT_EQ(bytes_text(INT64_MAX), "8388608.0 TiB");
}

TEST(Progress, a_line_has_share_bytes_and_rate) {
  EXPECT_EQ(progress_line("a.bin", 512, 256, 1024, 500ms, 80),
            "a.bin [##########..........] 50 %  512 B  512 B/s");
  EXPECT_EQ(progress_line("a.bin", 512, 512, std::nullopt, 0ms, 80), "a.bin  512 B");
  EXPECT_EQ(progress_line("empty", 0, 0, 0, 1ms, 80), "empty [####################] 100 %  0 B  0 B/s");
  EXPECT_EQ(progress_line("grown", 9, 9, 3, 0ms, 80), "grown [####################] 100 %  9 B");
}

TEST(Progress, a_line_is_never_longer_than_the_terminal) {
  const std::string name = "ein-sehr-langer-name-mit-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü";
  for (std::size_t columns = 1; columns < 100; ++columns) {
    const auto line = progress_line(name, 512, 512, 1024, 500ms, columns);
    std::size_t cells = 0;
    for (const char c : line) cells += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    EXPECT_LE(cells, columns);
    EXPECT_NE(static_cast<unsigned char>(line.back()), 0xc3) << "no half of a character";
  }
}

TEST(Progress, counts_files_and_bytes_of_this_run) {
  Progress progress(false);
  progress.begin("a", 10, 4);
  progress.add(6);
  progress.end();
  progress.begin("b", 0);
  progress.end();
  EXPECT_EQ(progress.files(), 2);
  EXPECT_EQ(progress.bytes(), 6);
}

}  // namespace
}  // namespace wye::cli
