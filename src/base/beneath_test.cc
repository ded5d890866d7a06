#include "base/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

namespace wye {
namespace {

namespace fs = std::filesystem;

class Beneath : public ::testing::Test {
 protected:
  Beneath() : root_(::mkdtemp(path_)) {
    fs::create_directories(fs::path(root_) / "theirs");
    put("secret", "host");
    put("theirs/plain", "text");
  }
  ~Beneath() override { fs::remove_all(root_); }
  void put(const std::string& name, std::string_view text) { std::ofstream(at(name)) << text; }
  [[nodiscard]] fs::path at(const std::string& name) const { return fs::path(root_) / name; }
  [[nodiscard]] std::string theirs() const { return at("theirs"); }

 private:
  char path_[32] = "/tmp/wye-beneath-XXXXXX";

 protected:
  const std::string root_;
};

TEST_F(Beneath, a_regular_file_is_read_up_to_its_bound) {
  EXPECT_EQ(beneath::read(theirs(), "plain", 4).value(), "text");
  EXPECT_EQ(beneath::read(root_, "theirs/plain", 64).value(), "text");
  EXPECT_EQ(beneath::read(theirs(), "plain", 3).error().kind, ErrorKind::invalid);
  EXPECT_EQ(beneath::read(theirs(), "none", 3).error().kind, ErrorKind::not_found);
  std::ofstream(at("theirs/huge")).close();
  fs::resize_file(at("theirs/huge"), 1ULL << 40);
  EXPECT_FALSE(beneath::read(theirs(), "huge", 4096));
}

// Each of them would hang, lead elsewhere or never end if it were opened like a file.
TEST_F(Beneath, whatever_else_is_in_its_place_is_refused_at_once) {
  ASSERT_EQ(::mkfifo(at("theirs/fifo").c_str(), 0666), 0);
  fs::create_symlink("../secret", at("theirs/link"));
  fs::create_symlink("..", at("theirs/up"));
  fs::create_symlink("/dev/zero", at("theirs/zero"));
  fs::create_symlink("/proc/self/fd/0", at("theirs/magic"));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  at("theirs/socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const auto* path :
       {"fifo", "link", "up/secret", "zero", "magic", "socket", ".", "../secret", "/etc/passwd"})
    EXPECT_FALSE(beneath::read(theirs(), path, 1 << 20)) << path;
  EXPECT_FALSE(beneath::read("/dev", "zero", 1 << 20)) << "a device";
}

TEST_F(Beneath, what_is_removed_and_made_is_not_somewhere_else) {
  fs::create_directory_symlink(root_, at("theirs/away"));
  beneath::remove(theirs(), "away/secret");
  beneath::remove(theirs(), "../secret");
  EXPECT_TRUE(fs::exists(at("secret")));
  EXPECT_FALSE(beneath::make_directory(theirs(), "away/new", 0755));
  EXPECT_FALSE(beneath::make_directory(theirs(), "away", 0755));
  EXPECT_FALSE(beneath::make_directory(theirs(), "plain", 0755));
  EXPECT_FALSE(fs::exists(at("new")));
  beneath::remove(theirs(), "away");
  beneath::remove(theirs(), "none");
  EXPECT_FALSE(fs::is_symlink(at("theirs/away")));
  EXPECT_TRUE(beneath::make_directory(theirs(), "away", 0700));
  EXPECT_TRUE(beneath::make_directory(theirs(), "away", 0755)) << "and again";
  EXPECT_EQ(fs::status(at("theirs/away")).permissions(), fs::perms(0755));
}

TEST_F(Beneath, what_is_written_takes_the_place_of_whatever_was_there) {
  const auto made = beneath::make_directory(root_, "ours", 0755);
  ASSERT_TRUE(made);
  ASSERT_EQ(::mkfifo(at("ours/fifo").c_str(), 0666), 0);
  fs::create_symlink("../secret", at("ours/link"));
  fs::create_symlink("../secret", at("ours/fresh.new"));
  for (const auto* name : {"fifo", "link", "fresh"}) {
    ASSERT_TRUE(beneath::write(*made, name, "ours")) << name;
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(at(std::string("ours/") + name)))) << name;
    EXPECT_EQ(beneath::read(root_, std::string("ours/") + name, 64).value(), "ours");
  }
  EXPECT_EQ(beneath::read(root_, "secret", 64).value(), "host");
  const auto open_to_all = beneath::make_directory(root_, "open", 0777);
  ASSERT_TRUE(open_to_all);
  EXPECT_EQ(beneath::write(*open_to_all, "file", "ours").error().kind, ErrorKind::denied);
}

}  // namespace
}  // namespace wye
