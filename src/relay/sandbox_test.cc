#include "relay/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "relay/devtools_socket.h"
#include "relay/testing/tcp_pair.h"

namespace wye::relay {
namespace {

/// What the child of a try has: all of it was open before the sandbox.
struct Had {
  testing::TcpPair pair;
  std::array<int, 2> pipe{};
};

/// Returns whether the kernel refuses it, by EPERM.
struct Try {
  const char* name;
  bool (*is_refused)(Had& had);
};
bool refused(long result) { return result < 0 && errno == EPERM; }

bool connects_elsewhere(Had& had) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  return refused(
      ::connect(had.pair.left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}
bool sends_to_an_address(Had& had) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  return refused(::sendto(had.pair.left.get(), "x", 1, MSG_FASTOPEN,
                          reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

class SandboxTries : public ::testing::TestWithParam<Try> {};

TEST_P(SandboxTries, are_refused) {
  Had had;
  ASSERT_EQ(::pipe2(had.pipe.data(), O_CLOEXEC), 0);
  const auto child = ::fork();
  if (child == 0) {
    if (!enter_sandbox(had.pair.listener.get())) ::_exit(2);
    ::_exit(GetParam().is_refused(had) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Relay, SandboxTries,
    ::testing::Values(
        Try{"open", [](Had&) { return refused(::open("/etc/passwd", O_RDONLY)); }},
        Try{"openat2", [](Had&) { return refused(::syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0)); }},
        Try{"create", [](Had&) { return refused(::open("/tmp/x", O_RDWR | O_CREAT, 0600)); }},
        Try{"unlink", [](Had&) { return refused(::unlink("/tmp/no-such-file")); }},
        Try{"memfd", [](Had&) { return refused(::memfd_create("x", 0)); }},
        Try{"socket", [](Had&) { return refused(::socket(AF_INET, SOCK_STREAM, 0)); }},
        Try{"unix_socket", [](Had&) { return refused(::socket(AF_UNIX, SOCK_STREAM, 0)); }},
        Try{"connect", connects_elsewhere}, Try{"fast_open", sends_to_an_address},
        Try{"bind", [](Had& had) { return refused(::bind(had.pair.left.get(), nullptr, 0)); }},
        Try{"listen", [](Had& had) { return refused(::listen(had.pair.left.get(), 1)); }},
        Try{"accept_elsewhere",
            [](Had& had) { return refused(::accept4(had.pair.left.get(), nullptr, nullptr, 0)); }},
        Try{"keepalive",
            [](Had& had) {
              const int on = 1;
              return refused(::setsockopt(had.pair.left.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
            }},
        Try{"set_flags", [](Had& had) { return refused(::fcntl(had.pipe[0], F_SETFL, O_NONBLOCK)); }},
        Try{"ioctl",
            [](Had& had) {
              int waiting = 0;
              return refused(::ioctl(had.pipe[0], FIONREAD, &waiting));
            }},
        Try{"fork", [](Had&) { return refused(::fork()); }},
        Try{"execve", [](Had&) { return refused(::execl("/bin/true", "true", nullptr)); }},
        Try{"kill", [](Had&) { return refused(::kill(::getppid(), 0)); }},
        Try{"ptrace", [](Had&) { return refused(::syscall(SYS_ptrace, 0, 0, 0, 0)); }},
        Try{"bpf", [](Had&) { return refused(::syscall(SYS_bpf, 0, 0, 0)); }},
        Try{"io_uring", [](Had&) { return refused(::syscall(SYS_io_uring_setup, 1, nullptr)); }}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Sandbox, leaves_what_a_relay_does) {
  Had had;
  const auto child = ::fork();
  if (child == 0) {
    if (!enter_sandbox(had.pair.listener.get())) ::_exit(2);
    char byte = 0;
    const bool passes = ::send(had.pair.left.get(), "x", 1, MSG_NOSIGNAL) == 1 &&
                        ::recv(had.pair.right.get(), &byte, 1, MSG_DONTWAIT) == 1 && byte == 'x';
    close_devtools_socket(std::move(had.pair.right));
    const bool is_over = ::recv(had.pair.left.get(), &byte, 1, 0) <= 0;
    ::_exit(passes && is_over ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace wye::relay
