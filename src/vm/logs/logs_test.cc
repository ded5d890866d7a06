#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>

#include "testing/scratch_dir.h"
#include "vm/logs/log_file.h"
#include "vm/logs/log_streams.h"

namespace wye::vm {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> lines_of(const std::vector<std::string>& pieces) {
  LineSplitter splitter;
  std::vector<std::string> out;
  const auto take = [&](std::string line) { out.push_back(std::move(line)); };
  for (const auto& piece : pieces) splitter.add(piece, take);
  splitter.finish(take);
  return out;
}

TEST(LineSplitter, makes_lines_however_bytes_come) {
  EXPECT_THAT(lines_of({"a\nb", "c\r\n", "\n", "d"}), ElementsAre("a", "bc", "", "d"));
  EXPECT_THAT(lines_of({}), ElementsAre());
  EXPECT_THAT(lines_of({"a\n"}), ElementsAre("a"));
}

TEST(LineSplitter, a_line_that_is_too_long_comes_in_pieces) {
  const std::string longest(LineSplitter::kLongest, 'x');
  EXPECT_THAT(lines_of({longest + longest + "y\nz\n"}), ElementsAre(longest, longest, "y", "z"));
}

TEST(ServiceLog, keeps_the_last_lines) {
  ServiceLog log;
  EXPECT_EQ(log.after(0), nullptr);
  int came = 0;
  log.on_lines([&] { ++came; });
  log.add("one\ntwo\nthr", 5);
  log.add("ee\n", 6);
  EXPECT_EQ(came, 2);
  ASSERT_NE(log.after(2), nullptr);
  EXPECT_EQ(log.after(0)->text, "one");
  EXPECT_EQ(log.after(2)->text, "three");
  EXPECT_EQ(log.after(2)->at, 6);
  EXPECT_EQ(log.after(3), nullptr);
  for (std::size_t i = 0; i < ServiceLog::kMostLines + 10; ++i) log.add("x\n", 7);
  EXPECT_EQ(log.after(0)->number, log.last() - static_cast<std::int64_t>(ServiceLog::kMostLines) + 1);
  for (int i = 0; i < 20; ++i) log.add(std::string(LineSplitter::kLongest, 'y'), 8);
  std::size_t bytes = 0;
  for (const auto* line = log.after(0); line != nullptr; line = log.after(line->number))
    bytes += line->text.size();
  EXPECT_LE(bytes, ServiceLog::kMostBytes);
}

TEST(LogRequest, names_a_file_or_a_service) {
  const auto file = read_log_request("source=path&path=%2Ftmp%2Fa%20b&follow=false");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path, "/tmp/a b");
  EXPECT_FALSE(file->follow);
  const auto service = read_log_request("source=supervisor&supervisor_process=chromium");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->service, "chromium");
  EXPECT_TRUE(service->follow);
  for (const auto* bad : {"", "source=x", "source=path", "source=path&path=", "source=supervisor",
                          "path=/tmp/a", "source=path&path=/tmp/a&follow=yes"})
    EXPECT_FALSE(read_log_request(bad)) << bad;
}

TEST(LogFrame, is_one_event_of_json) {
  EXPECT_EQ(log_frame("a \"b\"\xff", 0),
            "data: {\"event\":\"log\",\"message\":\"a "
            "\\\"b\\\"\xEF\xBF\xBD\",\"timestamp\":\"1970-01-01T00:00:00.000Z\"}\n\n");
}

class LogFileTest : public ::testing::Test {
 protected:
  void write(const std::string& text, std::ios::openmode mode = std::ios::app) {
    std::ofstream(path_, mode) << text << std::flush;
  }
  testing::ScratchDir scratch_;
  const std::string path_ = scratch_.path() + "/log";
};

TEST_F(LogFileTest, is_followed_over_a_rename_and_an_emptying) {
  write("old\n");
  auto file = LogFile::open(path_, true);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->read(100), "");
  write("one\n");
  EXPECT_EQ(file->read(100), "one\n");
  write("last of the first\n");
  std::rename(path_.c_str(), (path_ + ".1").c_str());
  EXPECT_EQ(file->read(100), "last of the first\n");
  EXPECT_EQ(file->read(100), "") << "the name is free for a moment";
  write("first of the second\n");
  EXPECT_EQ(file->read(100), "first of the second\n");
  write("short\n", std::ios::trunc);
  EXPECT_EQ(file->read(100), "short\n");
}

TEST_F(LogFileTest, is_read_from_its_begin_and_in_pieces) {
  write("abcdef");
  auto file = LogFile::open(path_, false);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size_at_open(), 6u);
  EXPECT_EQ(file->read(4), "abcd");
  EXPECT_EQ(file->read(4), "ef");
}

TEST_F(LogFileTest, what_is_no_file_is_refused) {
  EXPECT_EQ(LogFile::open(path_, true).error().kind, ErrorKind::not_found);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  for (const std::string& path :
       {path_, scratch_.path(), std::string("log"), std::string(), std::string("/dev/zero"),
        std::string("/proc/self/environ"), std::string("/proc/self/fd/0"),
        std::string("/proc/self/root/etc/passwd"), std::string("/tmp/\0x", 7)}) {
    const auto opened = LogFile::open(path, true);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().kind, ErrorKind::invalid) << path;
  }
}

}  // namespace
}  // namespace wye::vm
