// Tables of the pure parts: ranges, names of archives, names of an upload's parts, paths and modes.
#include <gtest/gtest.h>

#include "vm/fs/archive_names.h"
#include "vm/fs/byte_range.h"
#include "vm/fs/file_info.h"
#include "vm/fs/upload_fields.h"
#include "vm/fs/vm_path.h"

namespace wye::vm {
namespace {

std::string shown(const RangeAsked& asked) {
  if (asked.kind == RangeAsked::Kind::whole) return "whole";
  if (asked.kind == RangeAsked::Kind::unsatisfiable) return "416";
  return std::to_string(asked.part.first) + "+" + std::to_string(asked.part.length);
}

TEST(ByteRange, asks_for_a_part_or_the_whole) {
  const struct {
    const char* field;
    std::uint64_t size;
    const char* answer;
  } cases[] = {{"", 10, "whole"},
               {"bytes=0-0", 10, "0+1"},
               {"bytes=2-", 10, "2+8"},
               {"Bytes=2-99999999999999999999999", 10, "2+8"},
               {"bytes=9-9", 10, "9+1"},
               {"bytes=10-", 10, "416"},
               {"bytes=-3", 10, "7+3"},
               {"bytes=-30", 10, "0+10"},
               {"bytes=-0", 10, "416"},
               {"bytes=-1", 0, "416"},
               {"bytes=0-", 0, "416"},
               {"bytes=5-2", 10, "whole"},
               {"bytes=1-2,4-5", 10, "whole"},
               {"bytes=a-b", 10, "whole"},
               {"bytes=-", 10, "whole"},
               {"bytes=+1-2", 10, "whole"},
               {"items=0-1", 10, "whole"}};
  for (const auto& [field, size, answer] : cases) EXPECT_EQ(shown(read_range(field, size)), answer) << field;
}

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

TEST(VmPath, is_absolute_and_of_bounded_utf8) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("./a"), std::string("/a\0b", 4), std::string("/\xff"),
        "/" + std::string(4095, 'a')})
    EXPECT_EQ(VmPath::parse(text).error().code, "invalid_input") << text;
  const auto path = VmPath::parse("/a//b/");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->name(), "b");
  EXPECT_EQ(path->parent().text(), "/a");
  EXPECT_EQ(VmPath::parse("///")->text(), "/");
  EXPECT_EQ(VmPath::parse("/a")->parent().text(), "/");
}

TEST(Modes, are_octal_and_shown_as_by_ls) {
  EXPECT_EQ(*parse_mode("0640", 0), 0640u);
  EXPECT_EQ(*parse_mode(std::nullopt, 0755), 0755u);
  for (const auto* text : {"64", "99999", "8ff", "-44", "0o644", "rwx"})
    EXPECT_FALSE(parse_mode(text, 0)) << text;
  EXPECT_EQ(mode_text(S_IFREG | 0644), "-rw-r--r--");
  EXPECT_EQ(mode_text(S_IFDIR | 01777), "drwxrwxrwt");
  EXPECT_EQ(mode_text(S_IFLNK | 0777), "lrwxrwxrwx");
  EXPECT_EQ(mode_text(S_IFREG | 06644), "-rwSr-Sr--");
}

}  // namespace
}  // namespace wye::vm
