#include "base/pass_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

namespace wye {
namespace {

struct Pair {
  explicit Pair(int type) {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds.data()) != 0)
      throw std::runtime_error("socketpair");
    left = UniqueFd(fds[0]);
    right = UniqueFd(fds[1]);
  }
  UniqueFd left, right;
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(PassDescriptors, the_receiver_gets_a_copy_that_is_closed_on_exec) {
  const Pair pair(SOCK_STREAM), sent(SOCK_STREAM);
  ASSERT_TRUE(send_with_descriptors(pair.left.get(), "one", std::array{sent.left.get()}));
  std::array<char, 16> room{};
  const auto got = receive_with_descriptors(pair.right.get(), room, 1);
  ASSERT_EQ(got.what, Received::What::bytes);
  EXPECT_EQ(std::string_view(room.data(), got.size), "one");
  ASSERT_EQ(got.descriptors.size(), 1U);
  EXPECT_EQ(::fcntl(got.descriptors[0].get(), F_GETFD), FD_CLOEXEC);
  ASSERT_EQ(::write(got.descriptors[0].get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(sent.right.get(), &byte, 1), 1);
}

TEST(PassDescriptors, whoever_sends_more_than_is_taken_is_refused_and_nothing_stays_open) {
  for (const std::size_t count : {2U, 3U}) {
    const Pair pair(SOCK_STREAM);
    const std::array all{0, 1, 2};
    const auto before = open_descriptors();
    ASSERT_TRUE(send_with_descriptors(pair.left.get(), "x", std::span(all).first(count)));
    std::array<char, 16> room{};
    EXPECT_EQ(receive_with_descriptors(pair.right.get(), room, 1).what, Received::What::refused);
    EXPECT_EQ(open_descriptors(), before);
  }
}

TEST(PassDescriptors, a_hundred_descriptors_leave_none) {
  const Pair pair(SOCK_STREAM);
  std::array<int, 100> all{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(all))> control{};
  iovec part{const_cast<char*>("x"), 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(all));
  const auto before = open_descriptors();
  ASSERT_EQ(::sendmsg(pair.left.get(), &message, 0), 1);
  std::array<char, 16> room{};
  EXPECT_EQ(receive_with_descriptors(pair.right.get(), room, kMostPassed).what, Received::What::refused);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(PassDescriptors, an_end_and_nothing_yet_are_told_apart) {
  Pair pair(SOCK_SEQPACKET);
  std::array<char, 4> room{};
  EXPECT_EQ(receive_with_descriptors(pair.right.get(), room, 0).what, Received::What::nothing_yet);
  ASSERT_TRUE(send_with_descriptors(pair.left.get(), "longer", {}));
  EXPECT_TRUE(receive_with_descriptors(pair.right.get(), room, 0).cut);
  pair.left.reset();
  EXPECT_EQ(receive_with_descriptors(pair.right.get(), room, 0).what, Received::What::end);
}

}  // namespace
}  // namespace wye
