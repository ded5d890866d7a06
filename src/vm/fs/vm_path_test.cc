#include "vm/fs/vm_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "testing/scratch_dir.h"

namespace wye::vm {
namespace {

using namespace std::string_literals;

TEST(VmPath, is_absolute_utf_8_and_short_enough) {
  for (const auto& bad : {""s, "a"s, "./a"s, "~/a"s, "/a\0b"s, "/\xff"s, "/" + std::string(4095, 'a')}) {
    const auto path = VmPath::parse(bad, "dest_path");
    ASSERT_FALSE(path) << bad;
    EXPECT_EQ(path.error().code, "invalid_input");
    EXPECT_NE(path.error().message.find("dest_path"), std::string::npos);
  }
  EXPECT_EQ(VmPath::parse("/a/b//")->text(), "/a/b");
  EXPECT_EQ(VmPath::parse("/a/b")->name(), "b");
  EXPECT_EQ(VmPath::parse("/a/b")->parent().text(), "/a");
  EXPECT_EQ(VmPath::parse("/a")->parent().text(), "/");
  EXPECT_EQ(VmPath::parse("/")->name(), "/");
  EXPECT_EQ(VmPath::parse("///")->text(), "/");
}

TEST(VmPath, modes_are_three_or_four_octal_digits) {
  EXPECT_EQ(*parse_mode(std::nullopt, 0644), 0644U);
  EXPECT_EQ(*parse_mode("755", 0), 0755U);
  EXPECT_EQ(*parse_mode("1777", 0), 01777U);
  for (const char* bad : {"7", "0o7", "888", "-644", "77777", "rwx", " 644"})
    EXPECT_FALSE(parse_mode(bad, 0)) << bad;
}

class Paths : public ::testing::Test {
 protected:
  std::string at(const std::string& name) { return dir_.path() + "/" + name; }
  Result<UniqueFd> read(const std::string& path) {
    const auto parsed = VmPath::parse(path);
    if (!parsed) return parsed.error();
    auto found = open_path(*parsed, O_PATH);
    return found ? open_to_read(*found, *parsed) : std::move(found);
  }
  void expect_refused(const std::string& path, const char* code) {
    const auto opened = read(path);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().code, code) << path << ": " << opened.error().message;
  }
  const testing::ScratchDir dir_;
};

TEST_F(Paths, only_regular_files_are_read_and_nothing_is_waited_for) {
  std::ofstream(at("file")) << "x";
  EXPECT_TRUE(read(at("file")));
  ASSERT_EQ(::symlink("file", at("link").c_str()), 0);
  EXPECT_TRUE(read(at("link")));
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  expect_refused(at("fifo"), "not_a_file");
  expect_refused("/dev/zero", "not_a_file");
  expect_refused("/dev/tty", "not_a_file");
  expect_refused(at("missing"), "not_found");
  expect_refused(at("file/below"), "not_a_directory");
  ASSERT_EQ(::symlink("loop", at("loop").c_str()), 0);
  expect_refused(at("loop"), "invalid_input");
}

TEST_F(Paths, nothing_of_proc_is_shown_however_one_comes_there) {
  expect_refused("/proc/self/environ", "not_a_file");
  expect_refused("/proc/1/cmdline", "not_a_file");
  expect_refused("/proc/self/fd/0", "invalid_input");  // its links lead to what a process has open
  ASSERT_EQ(::symlink("/proc/self/environ", at("environ").c_str()), 0);
  expect_refused(at("environ"), "not_a_file");
  ASSERT_EQ(::symlink("/proc/self", at("self").c_str()), 0);
  EXPECT_FALSE(read(at("self/root/etc/passwd")));
}

TEST_F(Paths, missing_directories_are_made_and_no_link_is_followed_in_them) {
  const auto path = VmPath::parse(at("a/b/c"));
  const auto place = new_place_of(*path);
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->missing, (std::vector<std::string>{"a", "b"}));
  // Somebody is quicker, and leads elsewhere.
  ASSERT_EQ(::mkdir(at("elsewhere").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("elsewhere", at("a").c_str()), 0);
  EXPECT_FALSE(make_missing(*place, *path));
  EXPECT_NE(::access(at("elsewhere/b").c_str(), F_OK), 0);
  ASSERT_EQ(::unlink(at("a").c_str()), 0);
  const auto made = make_missing(*place, *path);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(::access(at("a/b").c_str(), F_OK), 0);
}

}  // namespace
}  // namespace wye::vm
