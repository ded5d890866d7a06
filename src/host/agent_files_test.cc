#include "host/agent_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "testing/scratch_dir.h"

namespace wye::host {
namespace {

TEST(AgentFiles, a_log_beyond_its_bound_begins_again_and_goes_on) {
  const testing::ScratchDir directory;
  const auto path = directory.file("agent.log");
  const UniqueFd agent(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  const std::string line(4096, 'x');
  while (blocks_of(path) <= 64 * 1024) {
    EXPECT_FALSE(cut_log(path, 64 * 1024));
    ASSERT_EQ(::write(agent.get(), line.data(), line.size()), 4096);
  }
  EXPECT_TRUE(cut_log(path, 64 * 1024));
  EXPECT_EQ(blocks_of(path), 0);
  ASSERT_EQ(::write(agent.get(), line.data(), line.size()), 4096);
  EXPECT_EQ(::lseek(agent.get(), 0, SEEK_END), 4096);
}

TEST(AgentFiles, blocks_that_are_reserved_count_and_length_alone_does_not) {
  const testing::ScratchDir directory;
  const auto path = directory.file("agent.log");
  const UniqueFd agent(::open(path.c_str(), O_WRONLY | O_CREAT, 0600));
  ASSERT_EQ(::ftruncate(agent.get(), 1LL << 40), 0);
  EXPECT_FALSE(cut_log(path, 1 << 20));
  if (::fallocate(agent.get(), FALLOC_FL_KEEP_SIZE, 2LL << 40, 4 << 20) != 0) GTEST_SKIP() << "not here";
  EXPECT_TRUE(cut_log(path, 1 << 20));
  EXPECT_EQ(blocks_of(path), 0);
}

}  // namespace
}  // namespace wye::host
