#include "relay/devtools_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/network_of.h"
#include "relay/testing/tcp_pair.h"

namespace wye::relay {
namespace {

using testing::TcpPair;

std::string verdict(int socket, std::uint64_t network) {
  const auto checked = check_devtools_socket(socket, network);
  return checked ? "" : checked.error().message.substr(std::string("the agent handed out ").size());
}

TEST(DevtoolsSocket, is_a_connected_tcp_socket_of_that_network_and_nothing_else_is) {
  const TcpPair tcp;
  const auto here = network_of(tcp.left.get());
  ASSERT_NE(here, 0U);
  EXPECT_EQ(verdict(tcp.left.get(), here), "");

  std::array<int, 2> pipe{}, pair{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const UniqueFd unix_left(pair[0]), unix_right(pair[1]), read_end(pipe[0]), write_end(pipe[1]);
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const UniqueFd unconnected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const UniqueFd ipv6(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  for (const int other : {file.get(), read_end.get(), unix_left.get(), udp.get(), ipv6.get(), -1})
    EXPECT_EQ(verdict(other, here), "what is no TCP socket");
  EXPECT_EQ(verdict(tcp.listener.get(), here), "a socket that listens");
  EXPECT_EQ(verdict(unconnected.get(), here), "a socket that is not connected over the loopback");
  EXPECT_EQ(verdict(tcp.left.get(), here + 1), "a socket of another network");
  EXPECT_EQ(verdict(tcp.left.get(), 0), "a socket of another network")
      << "of a VM whose network is not known";
}

TEST(DevtoolsSocket, that_was_disconnected_since_is_none) {
  const TcpPair tcp;
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  ASSERT_EQ(::connect(tcp.left.get(), &nowhere, sizeof(nowhere)), 0);
  EXPECT_NE(verdict(tcp.left.get(), network_of(tcp.left.get())), "");
}

// A close would wait an hour for what its peer does not read, had it any word in it.
TEST(DevtoolsSocket, is_closed_at_once_whatever_its_linger) {
  TcpPair tcp;
  const linger hour{.l_onoff = 1, .l_linger = 3600};
  ASSERT_EQ(::setsockopt(tcp.left.get(), SOL_SOCKET, SO_LINGER, &hour, sizeof(hour)), 0);
  const std::string block(64 * 1024, 'x');
  while (::send(tcp.left.get(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }
  close_devtools_socket(std::move(tcp.left));
  char byte = 0;
  while (::recv(tcp.right.get(), &byte, 1, 0) > 0) {
  }
  SUCCEED() << "its peer sees the end";
}

}  // namespace
}  // namespace wye::relay
