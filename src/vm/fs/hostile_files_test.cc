// File calls in directories whose owner changes them meanwhile. As root, the calls have another user's
// rights, as in a VM.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "vm/fs/change_files.h"
#include "vm/fs/files_user.h"
#include "vm/fs/new_file.h"
#include "vm/fs/remove_tree.h"
#include "vm/fs/watched_directories.h"

namespace wye::vm {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUser = 1000;

class HostileFiles : public ::testing::Test {
 protected:
  HostileFiles() {
    std::string pattern = "/tmp/wye-files-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    // The files of somebody else, which nothing may read or change.
    ::chmod(root_.c_str(), 0755);
    fs::create_directory(root_ / "theirs");
    write(root_ / "theirs/secret", "secret");
    ::chmod((root_ / "theirs/secret").c_str(), 0600);
    fs::create_directory(root_ / "home");
    if (::geteuid() == 0 && ::chown((root_ / "home").c_str(), kUser, kUser) != 0) ADD_FAILURE();
  }
  ~HostileFiles() override { fs::remove_all(root_); }

  static void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  static std::string text_of(const fs::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  // Runs the calls on a thread that has the user's rights and no others.
  template <class Calls>
  static void as_user(Calls calls) {
    std::thread([&calls] {
      const auto rights = take_file_rights_of(::geteuid() == 0 ? FilesUser{kUser, kUser} : FilesUser{});
      ASSERT_TRUE(rights) << rights.error().message;
      calls();
    }).join();
  }
  static Result<void> put(const fs::path& path, std::string_view text) {
    auto parsed = VmPath::parse(path.string());
    if (!parsed) return parsed.error();
    auto file = NewFile::open(*parsed, 0644);
    if (!file) return file.error();
    if (const auto wrote = file->write(text); !wrote) return wrote;
    return file->commit();
  }
  static std::string code_of(const Result<void>& result) { return result ? "done" : result.error().code; }
  [[nodiscard]] std::string body(const char* path) const {
    return R"({"path":")" + (root_ / path).string() + R"("})";
  }

  fs::path root_;
};

TEST_F(HostileFiles, calls_have_the_users_rights_and_not_the_agents) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can have another user's rights";
  as_user([this] {
    EXPECT_EQ(code_of(put(root_ / "theirs/new", "x")), "permission_denied");
    EXPECT_EQ(code_of(put(root_ / "theirs/secret", "x")), "permission_denied");
    EXPECT_EQ(code_of(delete_file(body("theirs/secret"))), "permission_denied");
    EXPECT_EQ(code_of(set_file_permissions(R"({"mode":"666",)" + body("theirs/secret").substr(1))),
              "permission_denied");
    const auto secret = VmPath::parse((root_ / "theirs/secret").string());
    const auto at = open_path(*secret, O_PATH);
    ASSERT_TRUE(at);
    EXPECT_EQ(open_to_read(*at, *secret).error().code, "permission_denied");
    EXPECT_EQ(code_of(put(root_ / "home/mine", "x")), "done");
  });
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "home/mine").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, static_cast<uid_t>(kUser));
  EXPECT_EQ(text_of(root_ / "theirs/secret"), "secret");
}

TEST_F(HostileFiles, a_link_is_replaced_and_not_written_through) {
  write(root_ / "home/target", "before");
  fs::create_symlink(root_ / "home/target", root_ / "home/link");
  as_user([this] { EXPECT_EQ(code_of(put(root_ / "home/link", "after")), "done"); });
  EXPECT_EQ(text_of(root_ / "home/target"), "before");
  EXPECT_FALSE(fs::is_symlink(root_ / "home/link"));
  EXPECT_EQ(text_of(root_ / "home/link"), "after");
}

TEST_F(HostileFiles, what_is_no_file_is_an_error_and_never_waits) {
  ASSERT_EQ(::mkfifo((root_ / "home/fifo").c_str(), 0666), 0);
  ::chmod((root_ / "home/fifo").c_str(), 0666);
  as_user([this] {
    for (const auto* name : {"/dev/null", "/dev/zero", "/proc/self/environ", "/proc/cpuinfo"}) {
      const auto path = VmPath::parse(name);
      const auto at = open_path(*path, O_PATH);
      const auto error = at ? open_to_read(*at, *path).error() : at.error();
      EXPECT_EQ(error.code, "not_a_file") << name;
    }
    EXPECT_EQ(open_path(*VmPath::parse("/proc/self/fd/0"), O_PATH).error().code, "invalid_input");
    const auto fifo = VmPath::parse((root_ / "home/fifo").string());
    const auto at = open_path(*fifo, O_PATH);
    ASSERT_TRUE(at);
    EXPECT_EQ(open_to_read(*at, *fifo).error().code, "not_a_file");
    EXPECT_EQ(code_of(put(root_ / "home/fifo", "x")), "not_a_file");
    EXPECT_EQ(code_of(put(root_ / "home", "x")), "is_a_directory");
    EXPECT_EQ(code_of(put(root_ / "home/fifo/x", "x")), "not_a_directory");
    EXPECT_EQ(code_of(put(root_ / "home" / std::string(300, 'a'), "x")), "invalid_input");
  });
}

TEST_F(HostileFiles, a_file_has_no_name_until_it_is_whole) {
  as_user([this] {
    const auto path = VmPath::parse((root_ / "home/new/deep/file").string());
    auto file = NewFile::open(*path, 0640);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(file->write("half"));
    EXPECT_TRUE(fs::is_empty(root_ / "home"));
    ASSERT_TRUE(file->commit());
  });
  EXPECT_EQ(text_of(root_ / "home/new/deep/file"), "half");
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "home/new/deep/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

// As Chromium's user could do to keep a thread of the agent waiting.
TEST_F(HostileFiles, a_lease_makes_nobody_wait) {
  write(root_ / "home/leased", "x");
  const UniqueFd holder(::open((root_ / "home/leased").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::fcntl(holder.get(), F_SETSIG, SIGURG), 0);  // a signal that does nothing
  ASSERT_EQ(::fcntl(holder.get(), F_SETLEASE, F_WRLCK), 0) << std::strerror(errno);
  const auto path = VmPath::parse((root_ / "home/leased").string());
  const auto at = open_path(*path, O_PATH);
  ASSERT_TRUE(at);
  EXPECT_EQ(open_to_read(*at, *path).error().status, 503);
  ASSERT_EQ(::fcntl(holder.get(), F_SETLEASE, F_UNLCK), 0);
  EXPECT_TRUE(open_to_read(*at, *path));
}

TEST_F(HostileFiles, a_move_to_another_file_system_is_done_or_changes_nothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can have another user's rights";
  std::string pattern = "/dev/shm/wye-files-XXXXXX";
  const fs::path other = ::mkdtemp(pattern.data());
  ASSERT_EQ(::chown(other.c_str(), kUser, kUser), 0);
  write(root_ / "theirs/open", "theirs");
  write(root_ / "home/mine", "mine");
  fs::create_directory(other / "directory");
  write(other / "there", "there");
  const auto moved = [&](const char* from, const char* to) {
    return code_of(move_path(R"({"src_path":")" + (root_ / from).string() + R"(","dest_path":")" +
                             (other / to).string() + R"("})"));
  };
  as_user([&] {
    EXPECT_EQ(moved("theirs/open", "there"), "permission_denied");
    EXPECT_EQ(moved("home/mine", "directory"), "is_a_directory");
    EXPECT_EQ(text_of(other / "there"), "there") << "it was replaced by what could not be moved";
    EXPECT_EQ(text_of(root_ / "home/mine"), "mine");
    EXPECT_EQ(moved("home/mine", "there"), "done");
  });
  EXPECT_EQ(text_of(root_ / "theirs/open"), "theirs");
  EXPECT_EQ(text_of(other / "there"), "mine");
  EXPECT_TRUE(fs::is_empty(root_ / "home"));
  EXPECT_EQ(std::distance(fs::directory_iterator(other), {}), 2) << "something is left over";
  fs::remove_all(other);
}

TEST_F(HostileFiles, a_file_that_goes_elsewhere_is_there_before_it_gets_its_name) {
  std::string pattern = "/dev/shm/wye-files-XXXXXX";
  const fs::path other = ::mkdtemp(pattern.data());
  const auto home = VmPath::parse((root_ / "home").string());
  auto file = NewFile::open_unplaced(*home, 0640);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("first, "));
  ASSERT_TRUE(file->place(*VmPath::parse((other / "a/b").string())));
  EXPECT_TRUE(fs::is_empty(other));
  // What is written now goes to the other file system.
  ASSERT_TRUE(file->write("then"));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(text_of(other / "a/b"), "first, then");
  fs::remove_all(other);
}

TEST_F(HostileFiles, a_look_at_directories_is_bounded) {
  fs::create_directory(root_ / "home/many");
  constexpr std::size_t kMore = 10;
  for (std::size_t at = 0; at < kMaxInside + kMore; ++at)
    UniqueFd(
        ::open((root_ / "home/many" / std::to_string(at)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const UniqueFd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  const auto found = watch_directories(inotify, *VmPath::parse((root_ / "home/many").string()), true, 10);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().inside.size(), kMaxInside);
  EXPECT_EQ(found->front().more, static_cast<std::int64_t>(kMore));
}

// Swaps a directory for a link to somebody else's, as fast as it can, while directories are removed: nothing
// but what is in the directory may go.
TEST_F(HostileFiles, removing_follows_no_link_that_comes_in_between) {
  const auto kept = root_ / "kept";
  fs::create_directory(kept);
  if (::geteuid() == 0 && ::chown(kept.c_str(), kUser, kUser) != 0) FAIL();
  write(kept / "file", "kept");
  if (::geteuid() == 0 && ::chown((kept / "file").c_str(), kUser, kUser) != 0) FAIL();
  std::atomic<bool> stop = false;
  std::atomic<int> swaps = 0;
  fs::create_symlink(kept, root_ / "home/link");
  std::thread swapper([&] {
    while (!stop) {
      // Exchanges the two names at once: at every moment one of them is there.
      const auto victim = root_ / "home/tree/inner";
      const auto link = root_ / "home/link";
      if (::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, victim.c_str(), RENAME_EXCHANGE) == 0) ++swaps;
    }
  });
  for (int round = 0; round < 300 || (swaps == 0 && round < 100'000); ++round) {
    std::error_code ignored;
    fs::create_directories(root_ / "home/tree/inner", ignored);
    write(root_ / "home/tree/inner/file", "goes");
    const auto home = UniqueFd(::open((root_ / "home").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    (void)remove_tree(home, "tree");  // may fail, may not follow
    ASSERT_TRUE(fs::exists(kept / "file")) << "the link was followed";
    if (!fs::is_symlink(root_ / "home/link")) {
      fs::remove_all(root_ / "home/link", ignored);
      fs::create_symlink(kept, root_ / "home/link", ignored);
    }
  }
  stop = true;
  swapper.join();
  EXPECT_GT(swaps, 0) << "nothing was tried";
}

}  // namespace
}  // namespace wye::vm
