#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/report/event_source.h"
#include "cli/report/output_file.h"

namespace wye::cli {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  static std::string content(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string put(const std::string& text) {
    std::ofstream(path("events.jsonl")) << text;
    return path("events.jsonl");
  }

  std::string folder_ = "/tmp/wye-report-XXXXXX";
};

using OutputFileTest = Files;
using EventFile = Files;

TEST_F(OutputFileTest, appears_whole_or_not_at_all) {
  {
    auto file = OutputFile::open(path("a.html")).value();
    ASSERT_TRUE(file.write("half"));
  }
  EXPECT_EQ(count(), 0);
  auto file = OutputFile::open(path("a.html")).value();
  ASSERT_TRUE(file.write("who"));
  ASSERT_TRUE(file.write("le"));
  ASSERT_TRUE(file.commit());
  EXPECT_EQ(content(path("a.html")), "whole");
  EXPECT_EQ(count(), 1);
}

TEST_F(OutputFileTest, takes_the_place_of_the_one_before_only_when_whole) {
  std::ofstream(path("a.html")) << "before";
  auto file = OutputFile::open(path("a.html")).value();
  ASSERT_TRUE(file.write("after"));
  EXPECT_EQ(content(path("a.html")), "before");
  ASSERT_TRUE(file.commit());
  EXPECT_EQ(content(path("a.html")), "after");
  EXPECT_EQ(count(), 1);
}

TEST_F(OutputFileTest, says_why_it_cannot_be_written) {
  const auto missing = OutputFile::open(path("none/a.html"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "cannot_write");
  EXPECT_NE(missing.error().message.find("none/a.html"), std::string::npos);
  fs::create_directory(path("folder"));
  const auto folder = OutputFile::open(path("folder"));
  EXPECT_FALSE(folder);
}

std::string line(std::int64_t seq) {
  return R"({"seq":)" + std::to_string(seq) +
         R"(,"event":{"ts":1,"type":"t","category":"page","source":{"kind":"cdp"}}})";
}

struct Read {
  Result<FileReading> reading;
  std::vector<std::int64_t> seqs;
};
Read read(const std::string& path, std::size_t most = 1000) {
  std::vector<std::int64_t> seqs;
  auto reading = read_file(path, [&](TelemetryEnvelope envelope) -> Result<bool> {
    if (seqs.size() >= most) return false;
    seqs.push_back(envelope.seq);
    return true;
  });
  return {std::move(reading), std::move(seqs)};
}

TEST_F(EventFile, gives_its_events_also_the_last_without_a_line_end) {
  const auto got = read(put(line(1) + "\n\n" + line(2) + "\r\n" + line(9)));
  ASSERT_TRUE(got.reading);
  EXPECT_EQ(got.seqs, (std::vector<std::int64_t>{1, 2, 9}));
  EXPECT_EQ(got.reading->damaged_lines, 0);
}

TEST_F(EventFile, lines_that_are_no_event_are_counted_and_the_first_is_named) {
  const auto got =
      read(put(line(1) + "\nnonsense\n[]\n{\"seq\":0,\"event\":{\"type\":\"t\"}}\n" + line(2).substr(0, 20)));
  ASSERT_TRUE(got.reading);
  EXPECT_EQ(got.seqs, std::vector<std::int64_t>{1});
  EXPECT_EQ(got.reading->damaged_lines, 4);
  EXPECT_EQ(got.reading->first_damaged, 2);
  EXPECT_FALSE(got.reading->why.empty());
}

TEST_F(EventFile, a_line_without_end_is_not_held) {
  std::ofstream out(path("events.jsonl"));
  out << std::string(kMaxEventLine + 100, 'x') << "\n" << line(3) << "\n";
  out.close();
  const auto got = read(path("events.jsonl"));
  ASSERT_TRUE(got.reading);
  EXPECT_EQ(got.seqs, std::vector<std::int64_t>{3});
  EXPECT_EQ(got.reading->why, "longer than 8 MiB");
}

TEST_F(EventFile, events_out_of_order_are_refused_with_the_line) {
  const auto got = read(put(line(2) + "\n" + line(2)));
  ASSERT_FALSE(got.reading);
  EXPECT_EQ(got.reading.error().code, "not_in_order");
  EXPECT_NE(got.reading.error().message.find("line 2"), std::string::npos);
}

TEST_F(EventFile, reading_ends_when_enough_was_taken) {
  EXPECT_EQ(read(put(line(1) + "\n" + line(2) + "\nnonsense"), 1).reading->damaged_lines, 0);
}

TEST_F(EventFile, a_file_that_is_not_there) {
  EXPECT_EQ(read(path("none")).reading.error().code, "cannot_read");
}

}  // namespace
}  // namespace wye::cli
