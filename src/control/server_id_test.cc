#include "control/server_id.h"

#include <gtest/gtest.h>

#include "control/store/testing/scratch_dir.h"

namespace wye::control {
namespace {

using testing::read_bytes;
using testing::write_bytes;

TEST(ServerId, is_made_once_for_a_directory) {
  const testing::ScratchDir one, other;
  SystemRandom random;
  const auto id = server_id_of(one.path(), random).value();
  EXPECT_TRUE(is_id(id)) << id;
  EXPECT_EQ(server_id_of(one.path(), random).value(), id);
  EXPECT_NE(server_id_of(other.path(), random).value(), id);
}

TEST(ServerId, that_is_none_is_replaced) {
  const testing::ScratchDir scratch;
  SystemRandom random;
  for (const auto& text : {std::string(), std::string("no id"), std::string(1'000'000, 'a')}) {
    write_bytes(scratch.file("server-id"), text);
    const auto id = server_id_of(scratch.path(), random).value();
    EXPECT_TRUE(is_id(id));
    EXPECT_EQ(read_bytes(scratch.file("server-id")), id);
  }
}

TEST(ServerId, that_cannot_be_kept_is_an_error_that_names_the_file) {
  const testing::ScratchDir scratch;
  SystemRandom random;
  std::filesystem::create_directory(scratch.file("server-id"));
  const auto id = server_id_of(scratch.path(), random);
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, "data_dir_unusable");
  EXPECT_NE(id.error().message.find("server-id"), std::string::npos);
}

}  // namespace
}  // namespace wye::control
