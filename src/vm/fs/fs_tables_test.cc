// Tables of the pure parts: names in archives, names of an upload's parts, modes of files.
#include <gtest/gtest.h>

#include "vm/fs/archive_names.h"
#include "vm/fs/file_info.h"
#include "vm/fs/staged_entries.h"
#include "vm/fs/upload_fields.h"

namespace wye::vm {
namespace {

std::string unpacked(std::string_view entry, std::size_t strip = 0) {
  const auto name = unpacked_name(entry, strip);
  if (!name) return name.error().code;
  return *name ? **name : "nothing";
}

TEST(ArchiveNames, lead_nowhere_but_into_the_directory) {
  EXPECT_EQ(unpacked("a/b"), "a/b");
  EXPECT_EQ(unpacked("./a//./b/"), "a/b");
  EXPECT_EQ(unpacked("a/b/c", 2), "c");
  EXPECT_EQ(unpacked("a/b", 2), "nothing");
  EXPECT_EQ(unpacked("./"), "nothing");
  EXPECT_EQ(unpacked("..a/...b"), "..a/...b");
  for (const std::string& name : {std::string("/a"), std::string("../a"), std::string("a/../../b"),
                                  std::string("a/.."), std::string("//"), std::string("a\0b", 3),
                                  std::string("a\xff"), std::string(256, 'a'), std::string(5000, '/') + "a"})
    EXPECT_EQ(unpacked(name), "archive_refused") << name;
  // What is stripped is looked at all the same.
  EXPECT_EQ(unpacked("../a/b", 1), "archive_refused");
}

TEST(ArchiveNames, links_lead_nowhere_but_into_the_directory) {
  for (const auto& [name, target] : std::vector<std::pair<const char*, const char*>>{
           {"l", "a"}, {"l", "./a/b"}, {"d/l", "../a"}, {"d/e/l", "../../a"}, {"d/l", ".."}, {"l", "..a"}})
    EXPECT_TRUE(check_link(name, target)) << name << " -> " << target;
  for (const auto& [name, target] : std::vector<std::pair<const char*, const char*>>{{"l", ""},
                                                                                     {"l", "/a"},
                                                                                     {"l", ".."},
                                                                                     {"d/l", "../../a"},
                                                                                     {"d/l", "a/../../../b"},
                                                                                     {"d/e/l", "x/.."}})
    EXPECT_FALSE(check_link(name, target)) << name << " -> " << target;
}

TEST(StagedEntries, hold_a_bounded_number_of_names) {
  StagedEntries entries;
  const std::string deep(4000, 'a');
  std::size_t taken = 0;
  Result<void> last;
  while ((last = entries.check(deep + std::to_string(taken), false)) && taken < 100'000)
    entries.add(++taken, {.name = deep + std::to_string(taken)});
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, "too_many");
  EXPECT_LE(taken * deep.size(), StagedEntries::kMaxNameBytes);
  EXPECT_GT(taken, 8000u);
}

// Writes f or p and the item for each name, or the code of what was refused.
std::string fields(const std::vector<std::string>& names) {
  UploadFields form;
  std::string out;
  for (const auto& name : names) {
    const auto field = form.add(name);
    if (!field) return field.error().code;
    if (!*field) continue;
    out += ((*field)->which == UploadFields::Which::file ? "f" : "p") + std::to_string((*field)->item) + " ";
  }
  const auto complete = form.complete();
  return complete ? out : complete.error().code;
}

TEST(UploadFields, are_paired_in_every_form_and_order) {
  EXPECT_EQ(fields({"files[0][dest_path]", "files[0][file]"}), "p0 f0 ");
  EXPECT_EQ(fields({"files[7].file", "files.7.dest_path"}), "f0 p0 ");
  EXPECT_EQ(fields({"files[][dest_path]", "files[][dest_path]", "files[][file]", "files[][file]"}),
            "p0 p1 f0 f1 ");
  EXPECT_EQ(fields({"file", "other", "dest_path"}), "f0 p0 ");
  EXPECT_EQ(fields({"files[1][file]", "files[0][file]", "files[0][dest_path]", "files[1][dest_path]"}),
            "f0 f1 p1 p0 ");
  EXPECT_EQ(fields({}), "bad_request");
  EXPECT_EQ(fields({"file"}), "bad_request");
  EXPECT_EQ(fields({"files[][file]", "files[][file]", "files[][dest_path]"}), "bad_request");
  EXPECT_EQ(fields({"files[0][file]", "files[0].file", "files[0][dest_path]"}), "bad_request");
  EXPECT_EQ(fields({"files[0][dest_path]", "files[1][file]"}), "bad_request");
  EXPECT_EQ(fields(std::vector<std::string>(UploadFields::kMaxFiles + 1, "files[][file]")), "too_many");
}

TEST(Modes, are_shown_as_by_ls) {
  EXPECT_EQ(mode_text(S_IFREG | 0644), "-rw-r--r--");
  EXPECT_EQ(mode_text(S_IFDIR | 01777), "drwxrwxrwt");
  EXPECT_EQ(mode_text(S_IFLNK | 0777), "lrwxrwxrwx");
  EXPECT_EQ(mode_text(S_IFREG | 06644), "-rwSr-Sr--");
}

}  // namespace
}  // namespace wye::vm
