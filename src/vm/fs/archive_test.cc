// Archives that were made by hand or by pack_archive itself, through unpack_archive.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "vm/fs/files_user.h"
#include "vm/fs/new_file.h"
#include "vm/fs/unpack_archive.h"

namespace wye::vm {
namespace {

namespace fs = std::filesystem;

struct Made {
  std::string name;
  int kind = AE_IFREG;
  std::string content;  ///< Of a file, or where a link leads.
  bool hard = false;
};

class Archives : public ::testing::TestWithParam<ArchiveFormat> {
 protected:
  Archives() {
    std::string pattern = "/tmp/wye-archives-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    fs::create_directory(root_ / "into");
    std::ofstream(root_ / "outside") << "outside";
  }
  ~Archives() override { fs::remove_all(root_); }

  static UniqueFd made(const std::vector<Made>& entries) {
    UniqueFd out(::memfd_create("archive", MFD_CLOEXEC));
    auto* writer = ::archive_write_new();
    if (GetParam() == ArchiveFormat::zip) {
      ::archive_write_set_format_zip(writer);
    } else {
      ::archive_write_set_format_pax_restricted(writer);
      ::archive_write_add_filter_zstd(writer);
    }
    ::archive_write_open_fd(writer, out.get());
    for (const auto& one : entries) {
      auto* entry = ::archive_entry_new();
      ::archive_entry_set_pathname(entry, one.name.c_str());
      ::archive_entry_set_mode(entry, static_cast<mode_t>(one.kind) | 04755);
      if (one.hard)
        ::archive_entry_set_hardlink(entry, one.content.c_str());
      else if (one.kind == AE_IFLNK)
        ::archive_entry_set_symlink(entry, one.content.c_str());
      const bool has_bytes = one.kind == AE_IFREG && !one.hard;
      ::archive_entry_set_size(entry, has_bytes ? static_cast<la_int64_t>(one.content.size()) : 0);
      ::archive_write_header(writer, entry);
      if (has_bytes) ::archive_write_data(writer, one.content.data(), one.content.size());
      ::archive_entry_free(entry);
    }
    ::archive_write_close(writer);
    ::archive_write_free(writer);
    ::lseek(out.get(), 0, SEEK_SET);
    return out;
  }
  Result<void> unpack(const UniqueFd& archive, std::vector<std::string> missing = {}, std::size_t strip = 0) {
    const UniqueFd into(::open((root_ / "into").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    return unpack_archive(
        archive.get(), GetParam(),
        {.nearest = into, .missing = std::move(missing), .strip = strip, .hidden = hidden_name()});
  }
  std::string code(const std::vector<Made>& entries) {
    const auto archive = made(entries);
    const auto done = unpack(archive);
    return done ? "done" : done.error().code;
  }
  [[nodiscard]] std::string text_of(const std::string& path) const {
    std::ostringstream out;
    out << std::ifstream(root_ / path).rdbuf();
    return out.str();
  }
  [[nodiscard]] bool untouched() const {
    return fs::is_empty(root_ / "into") && text_of("outside") == "outside";
  }

  fs::path root_;
};

INSTANTIATE_TEST_SUITE_P(Formats, Archives, ::testing::Values(ArchiveFormat::zip, ArchiveFormat::tar_zstd),
                         [](const auto& format) {
                           return format.param == ArchiveFormat::zip ? "zip" : "tar_zstd";
                         });

TEST_P(Archives, files_directories_and_links_come_back_as_they_were) {
  const auto archive = made({{"d", AE_IFDIR},
                             {"d/file", AE_IFREG, "content"},
                             {"d/link", AE_IFLNK, "file"},
                             {"new/x", AE_IFREG, ""}});
  const auto done = unpack(archive, {"made", "here"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(text_of("into/made/here/d/link"), "content");
  EXPECT_TRUE(fs::exists(root_ / "into/made/here/new/x"));
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "into/made/here/d/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u) << "an archive makes no set-user-id program";
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "into"), {}), 1) << "something is left over";

  const UniqueFd directory(::open((root_ / "into/made/here").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd packed(::memfd_create("packed", MFD_CLOEXEC));
  bool ready = false;
  ASSERT_TRUE(pack_archive(directory, GetParam(), 3, packed.get(), [&] { ready = true; }));
  EXPECT_TRUE(ready);
  ::lseek(packed.get(), 0, SEEK_SET);
  ASSERT_TRUE(unpack(packed, {"again"}));
  EXPECT_EQ(text_of("into/again/d/link"), "content");
  EXPECT_TRUE(fs::is_symlink(root_ / "into/again/d/link"));
}

TEST_P(Archives, what_leads_out_is_refused_and_nothing_is_done) {
  const std::vector<std::vector<Made>> archives{
      {{"good"}, {"../outside", AE_IFREG, "x"}},
      {{"good"}, {"/tmp/absolute", AE_IFREG, "x"}},
      {{"good"}, {"a/../../outside", AE_IFREG, "x"}},
      {{"good"}, {"link", AE_IFLNK, "../outside"}},
      {{"good"}, {"link", AE_IFLNK, "/etc/passwd"}},
      {{"link", AE_IFLNK, ".."}, {"link/outside", AE_IFREG, "x"}},
      {{"d", AE_IFDIR}, {"link", AE_IFLNK, "d"}, {"link/file", AE_IFREG, "x"}},
      {{"d/file", AE_IFREG, "x"}, {"d", AE_IFLNK, "."}},
      {{"file", AE_IFREG, "x"}, {"file/below", AE_IFREG, "x"}}};
  for (std::size_t at = 0; at < archives.size(); ++at) {
    EXPECT_EQ(code(archives[at]), "archive_refused") << at;
    EXPECT_TRUE(untouched()) << at;
  }
}

TEST_P(Archives, links_and_files_that_are_in_the_way_are_not_followed) {
  fs::create_directory(root_ / "other");
  fs::create_directory_symlink(root_ / "other", root_ / "into/d");
  EXPECT_EQ(code({{"new", AE_IFREG, "x"}, {"d/file", AE_IFREG, "x"}}), "not_a_directory");
  EXPECT_TRUE(fs::is_empty(root_ / "other"));
  EXPECT_FALSE(fs::exists(root_ / "into/new")) << "half of the archive was put in place";
  fs::create_symlink(root_ / "outside", root_ / "into/file");
  EXPECT_EQ(code({{"file", AE_IFREG, "inside"}}), "done");
  EXPECT_EQ(text_of("outside"), "outside");
  EXPECT_EQ(text_of("into/file"), "inside");
}

// Swaps a directory of the destination for a link that leads out, as fast as it can, while archives come in.
TEST_P(Archives, nothing_goes_out_by_a_link_that_comes_in_between) {
  fs::create_directory(root_ / "other");
  fs::create_directory(root_ / "into/d");
  fs::create_symlink(root_ / "other", root_ / "link");
  const auto archive =
      made({{"d/one", AE_IFREG, "x"}, {"d/e/two", AE_IFREG, "x"}, {"d/three", AE_IFREG, "x"}});
  std::atomic<int> swaps = 0;
  {
    const std::jthread swapper([&](const std::stop_token& stop) {
      const auto link = root_ / "link", directory = root_ / "into/d";
      while (!stop.stop_requested())
        if (::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, directory.c_str(), RENAME_EXCHANGE) == 0) ++swaps;
    });
    for (int round = 0; round < 300 || (swaps == 0 && round < 100'000); ++round) {
      ::lseek(archive.get(), 0, SEEK_SET);
      (void)unpack(archive);  // may fail, may not follow
      ASSERT_TRUE(fs::is_empty(root_ / "other")) << "the link was followed";
    }
  }
  EXPECT_GT(swaps, 0) << "nothing was tried";
}

TEST_P(Archives, a_damaged_archive_changes_nothing) {
  std::string noise(200'000, '\0');
  for (std::size_t at = 0; at < noise.size(); ++at) noise[at] = static_cast<char>(at * 2654435761u >> 13);
  const auto archive = made({{"first", AE_IFREG, "x"}, {"second", AE_IFREG, noise}});
  const auto size = ::lseek(archive.get(), 0, SEEK_END);
  for (const auto cut : {size - 100, size / 2, off_t{10}}) {
    ASSERT_EQ(::ftruncate(archive.get(), cut), 0);
    ::lseek(archive.get(), 0, SEEK_SET);
    const auto done = unpack(archive);
    ASSERT_FALSE(done) << cut;
    EXPECT_EQ(done.error().code, "archive_refused");
    EXPECT_TRUE(untouched());
  }
}

// A zip archive of one empty entry; the library writes none but files, directories and links.
UniqueFd zip_of_kind(int mode) {
  const auto number = [](std::uint32_t value, int bytes) {
    std::string out;
    for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value & 0xff);
    return out;
  };
  const std::string name = "entry";
  // Version, flags, method, time, date, checksum, two sizes, length of the name and of what follows it.
  const auto fields = number(20, 2) + std::string(20, '\0') + number(5, 2) + std::string(2, '\0');
  const auto local = "PK\3\4" + fields + name;
  const auto central = "PK\1\2" + number(3 << 8 | 20, 2) + fields + std::string(6, '\0') +
                       number(static_cast<std::uint32_t>(mode) << 16, 4) + number(0, 4) + name;
  const auto end = "PK\5\6" + std::string(4, '\0') + number(1, 2) + number(1, 2) +
                   number(static_cast<std::uint32_t>(central.size()), 4) +
                   number(static_cast<std::uint32_t>(local.size()), 4) + std::string(2, '\0');
  UniqueFd out(::memfd_create("zip", MFD_CLOEXEC));
  const auto all = local + central + end;
  EXPECT_EQ(::pwrite(out.get(), all.data(), all.size(), 0), static_cast<ssize_t>(all.size()));
  return out;
}

TEST_P(Archives, what_is_no_file_directory_or_link_is_refused) {
  const bool zip = GetParam() == ArchiveFormat::zip;
  for (const int kind :
       zip ? std::vector{AE_IFBLK, AE_IFCHR, AE_IFSOCK} : std::vector{AE_IFBLK, AE_IFCHR, AE_IFIFO}) {
    const auto archive = zip ? zip_of_kind(kind | 0644) : made({{"good"}, {"entry", kind}});
    const auto done = unpack(archive);
    ASSERT_FALSE(done) << std::oct << kind;
    EXPECT_EQ(done.error().code, "archive_refused");
    EXPECT_NE(done.error().message.find("entry is no file, directory or link"), std::string::npos)
        << done.error().message;
    EXPECT_TRUE(untouched());
  }
  if (!zip) return;
  // `producer | zip archive -` calls its one file a FIFO. It has bytes, and becomes a file.
  for (const int kind : {AE_IFREG, AE_IFIFO}) {
    EXPECT_TRUE(unpack(zip_of_kind(kind | 0644)));
    struct stat status {};
    ASSERT_EQ(::lstat((root_ / "into/entry").c_str(), &status), 0);
    EXPECT_TRUE(S_ISREG(status.st_mode));
    fs::remove(root_ / "into/entry");
  }
}

class TarArchives : public Archives {};  // which have hard links
INSTANTIATE_TEST_SUITE_P(Formats, TarArchives, ::testing::Values(ArchiveFormat::tar_zstd));

TEST_P(TarArchives, hard_links_lead_to_files_of_the_archive_alone) {
  for (const auto* target : {"../outside", "/etc/passwd", "into/there", "missing"}) {
    EXPECT_EQ(code({{"hard", AE_IFREG, target, true}}), "archive_refused") << target;
    EXPECT_TRUE(untouched()) << target;
  }
  // A second name of a link that leads out from there.
  EXPECT_EQ(code({{"d/link", AE_IFLNK, "../file"}, {"hard", AE_IFREG, "d/link", true}}), "archive_refused");
  EXPECT_TRUE(untouched());
  EXPECT_EQ(code({{"one", AE_IFREG, "x"}, {"two", AE_IFREG, "one", true}}), "done");
  EXPECT_EQ(text_of("into/two"), "x");
}

TEST_P(Archives, a_directory_that_cannot_be_written_stops_all_of_it) {
  constexpr std::int64_t kUser = 1000;
  fs::create_directory(root_ / "into/closed");
  fs::permissions(root_ / "into/closed", fs::perms::owner_read | fs::perms::owner_exec);
  fs::permissions(root_, fs::perms::others_exec, fs::perm_options::add);
  const bool root = ::geteuid() == 0;
  if (root && ::chown((root_ / "into").c_str(), kUser, kUser) != 0) FAIL();
  std::thread([&] {
    ASSERT_TRUE(take_file_rights_of(root ? FilesUser{kUser, kUser} : FilesUser{}));
    EXPECT_EQ(code({{"new", AE_IFREG, "x"}, {"closed/file", AE_IFREG, "x"}}), "permission_denied");
    EXPECT_EQ(code({{"new", AE_IFREG, "x"}, {"closed/d/e", AE_IFDIR}}), "permission_denied");
    EXPECT_EQ(code({{"closed", AE_IFDIR}}), "done") << "what is there need not be made";
  }).join();
  EXPECT_FALSE(fs::exists(root_ / "into/new")) << "half of the archive was put in place";
}

TEST_P(Archives, the_first_segments_can_be_left_out) {
  const auto archive = made({{"top", AE_IFDIR}, {"top/a/file", AE_IFREG, "x"}, {"short", AE_IFREG, "gone"}});
  ASSERT_TRUE(unpack(archive, {}, 1));
  EXPECT_EQ(text_of("into/a/file"), "x");
  EXPECT_FALSE(fs::exists(root_ / "into/short"));
}

}  // namespace
}  // namespace wye::vm
