// The fence while a VM lives, in the test's own network: addresses that the host gets later, and what reaches
// the resolver.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "probe_vm.h"

namespace wye::host {
namespace {

const std::string kLater = "93.184.216.77", kResolver = "10.9.9.53";

/// Enters the network namespace before the driver is made, whose threads then watch it, and leaves it when
/// those have ended.
struct OwnNetwork {
  ~OwnNetwork() {
    if (!entered) return;
    EXPECT_EQ(::setns(network.get(), CLONE_NEWNET), 0);
    EXPECT_EQ(::unshare(CLONE_FS), 0);  // a sanitizer's thread shares it
    EXPECT_EQ(::setns(mounts.get(), CLONE_NEWNS), 0);
  }
  UniqueFd network{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)},
      mounts{::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)};
  bool entered = ::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
                 ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                 std::system("ip link set lo up") == 0;
};

class Fence : public OwnNetwork, public ProbeVm {
 protected:
  void SetUp() override {
    ProbeVm::SetUp();
    if (!IsSkipped() && !entered) GTEST_SKIP() << "no network namespace";
  }
  static void add_address(const std::string& address) {
    ASSERT_EQ(std::system(("ip addr add " + address + "/32 dev lo").c_str()), 0);
  }
  static UniqueFd socket_on(const std::string& address, std::uint16_t port, int type) {
    UniqueFd out(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &at.sin_addr);
    EXPECT_EQ(::bind(out.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    if (type == SOCK_STREAM) ::listen(out.get(), 64);
    return out;
  }
  /// Returns "" when the VM reaches the address, otherwise why not.
  std::string refusal(const std::string& address, int port) {
    return as_kernel("perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => \"" + address +
                     ":" + std::to_string(port) + "\") ? \"\" : \"$!\"'")
        .output;
  }
  /// Repeats until the address is refused: the fence follows within moments.
  ::testing::AssertionResult becomes_refused(const std::string& address, int port) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      const auto why = refusal(address, port);
      if (why == "No route to host") return ::testing::AssertionSuccess();
      if (std::chrono::steady_clock::now() > until) return ::testing::AssertionFailure() << '"' << why << '"';
    }
  }
  /// Sends the bytes to the VM's resolver, and then a question that marks the end.
  std::vector<std::string> what_comes_of(const std::string& perl_bytes) {
    const auto resolver = socket_on(kResolver, 53, SOCK_DGRAM);
    const std::string end =
        R"("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03end\x00\x00\x01\x00\x01")";
    // Each has its own socket, since one whose datagram was refused reports it at its next.
    as_kernel(
        "perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Proto => \"udp\", PeerAddr => "
        "\"10.0.2.3:53\")->send($_) for (" +
        perl_bytes + ", " + end + ")'");
    std::vector<std::string> out;
    for (;;) {
      pollfd ready{resolver.get(), POLLIN, 0};
      char piece[2048];
      if (::poll(&ready, 1, 20'000) <= 0) return {"the question did not come"};
      const auto got = ::recv(resolver.get(), piece, sizeof piece, 0);
      if (got >= 16 && std::string_view(piece, 16).substr(12) == "\3end") return out;
      out.emplace_back(piece, static_cast<std::size_t>(got));
    }
  }
};

TEST_F(Fence, refuses_addresses_that_the_host_gets_while_the_vm_lives) {
  launch();
  add_address(kLater);
  const auto host = socket_on(kLater, 4000, SOCK_STREAM);
  EXPECT_TRUE(becomes_refused(kLater, 4000));
  ASSERT_EQ(std::system(("ip addr del " + kLater + "/32 dev lo").c_str()), 0);
  add_address("93.184.216.78");
  const auto other = socket_on("93.184.216.78", 4000, SOCK_STREAM);
  EXPECT_TRUE(becomes_refused("93.184.216.78", 4000));
}

TEST_F(Fence, of_an_adopted_vm_knows_what_changed_while_no_server_was_there) {
  auto launching = std::make_unique<BubblewrapDriver>(
      std::vector<std::string>{std::getenv("WYE_BIN"), "internal", "launch-vm"});
  driver_in_use_ = launching.get();
  launch();
  launching.reset();
  driver_in_use_ = &driver_;
  add_address(kLater);
  const auto host = socket_on(kLater, 4000, SOCK_STREAM);
  EXPECT_EQ(refusal(kLater, 4000), "") << "nobody follows";
  ASSERT_TRUE(driver_.adopt(wire::to_text(record_)));
  EXPECT_TRUE(becomes_refused(kLater, 4000));
}

TEST_F(Fence, lets_one_question_at_a_time_through_to_the_resolver_and_no_other_datagram) {
  const auto file = directory_ + "/resolv.conf";
  std::ofstream(file) << "nameserver " << kResolver << "\n";
  ASSERT_EQ(::mount(file.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr), 0);
  add_address(kResolver);
  launch();
  using Seen = std::vector<std::string>;
  const std::string question =
      R"("\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01")";
  EXPECT_EQ(what_comes_of(question).size(), 1u) << "a question";
  EXPECT_EQ(what_comes_of(R"("SSH-2.0-tunnel, which is no DNS at all")"), Seen{});
  EXPECT_EQ(what_comes_of(R"("\x00\x07\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01")"),
            Seen{})
      << "an answer";
  EXPECT_EQ(what_comes_of(R"("\x00\x07\x28\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x06\x00\x01")"),
            Seen{})
      << "an update";
  EXPECT_EQ(what_comes_of(R"("\x00\x07\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01")"),
            Seen{})
      << "two questions";
  EXPECT_EQ(what_comes_of(question + " . (\"x\" x 600)"), Seen{}) << "larger than a question can be";
}

}  // namespace
}  // namespace wye::host
