// What a VM consists of, that it leaves nothing behind, and what is impossible from inside.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/process_identity.h"
#include "host/bubblewrap/cgroup.h"
#include "host/bubblewrap/uid_range.h"
#include "probe_vm.h"

namespace wye::host {
namespace {

TEST_F(ProbeVm, root_inside_is_nobody_outside) {
  launch();
  EXPECT_EQ(as_root("id -u; echo $$ > /dev/null; cat /proc/self/uid_map").output.substr(0, 2), "0\n");
  EXPECT_EQ(as_kernel("id -u").output, "1000\n");
  EXPECT_GE(record_.host_uid, 1 << 28);
  EXPECT_EQ(process_uid(static_cast<pid_t>(record_.pid)), record_.host_uid);
}

TEST_F(ProbeVm, what_is_made_for_it_can_be_read_inside_however_strict_the_servers_umask) {
  const auto before = ::umask(0077);
  launch();
  ::umask(before);
  EXPECT_EQ(as_kernel("grep -c localhost /etc/hosts").output, "1\n");
  EXPECT_EQ(as_kernel("umask").output, "0022\n");
}

TEST_F(ProbeVm, another_process_can_adopt_it_and_its_death_is_an_event) {
  launch();
  BubblewrapDriver later({"/nonexistent"});
  const auto vm = later.adopt(wire::to_text(record_));
  ASSERT_TRUE(vm);
  EXPECT_FALSE(wait_dead(vm->ended.get(), 0));
  ASSERT_EQ(::kill(static_cast<pid_t>(record_.pid), SIGKILL), 0);
  EXPECT_TRUE(wait_dead(vm->ended.get(), 5000));
  auto stranger = record_;
  stranger.pid = ::getpid();
  EXPECT_FALSE(later.adopt(wire::to_text(stranger))) << "a pid of another process is not accepted";
}

// Chromium breaks off requests under way when it sees its network change.
TEST_F(ProbeVm, the_network_is_there_before_the_agent_and_stays_as_it_is) {
  launch();
  EXPECT_NE(as_kernel("ip -4 -o addr show tap0").output.find("10.0.2.100"), std::string::npos);
  EXPECT_EQ(as_kernel("cat /proc/sys/net/ipv6/conf/tap0/disable_ipv6").output, "1\n");
  EXPECT_EQ(as_kernel("grep -c tap0 /proc/net/if_inet6").output, "0\n");
}

TEST_F(ProbeVm, a_vm_that_outlives_its_directory_keeps_its_user_ids) {
  launch();
  std::filesystem::rename(directory_, directory_ + ".moved");
  const auto other = directory_ + ".other";
  std::filesystem::create_directory(other);
  const auto taken = take_uid_range(other);
  std::filesystem::rename(directory_ + ".moved", directory_);
  ASSERT_TRUE(taken);
  give_back_uid_range(*taken, other);
  std::filesystem::remove(other);
  EXPECT_NE(*taken, record_.host_uid);
}

TEST_F(ProbeVm, destroy_leaves_nothing) {
  launch();
  ASSERT_EQ(as_kernel("sleep 1000 >/dev/null 2>&1 & sleep 1000 >/dev/null 2>&1 & echo started").output,
            "started\n");
  ASSERT_GT(processes_of_vm(), 2u);
  const auto record = record_;
  ASSERT_TRUE(destroy(record));
  EXPECT_EQ(processes_of_vm(), 0u);
  const auto helper = open_pidfd(static_cast<pid_t>(record.network_helper_pid));
  EXPECT_TRUE(!helper || wait_dead(helper.get(), 0));
  EXPECT_FALSE(std::filesystem::exists(record.agent_socket));
  for (const auto* root : {"/sys/fs/cgroup/memory/", "/sys/fs/cgroup/pids/", "/sys/fs/cgroup/"})
    EXPECT_FALSE(!record.cgroup.empty() && std::filesystem::exists(root + record.cgroup));
  EXPECT_TRUE(destroy(record)) << "and again";
}

TEST_F(ProbeVm, a_launch_that_fails_leaves_nothing) {
  const auto made = driver_.launch(
      {.place = {"fails", directory_}, .agent_path = "/nonexistent/wye-vm", .memory_bytes = 1 << 28});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("/nonexistent/wye-vm"), std::string::npos) << made.error().message;
  EXPECT_FALSE(std::filesystem::exists("/sys/fs/cgroup/memory/wye/fails"));
}

struct Attempt {
  const char* name;
  const char* command;  // exit code 0 = it worked, that is: an escape
  bool root = true;
};
void PrintTo(const Attempt& attempt, std::ostream* out) { *out << attempt.name; }
class Attempts : public ProbeVm, public ::testing::WithParamInterface<Attempt> {};

TEST_P(Attempts, is_stopped) {
  launch();
  ASSERT_EQ(as_root("true").code, 0);
  const auto outcome = GetParam().root ? as_root(GetParam().command) : as_kernel(GetParam().command);
  EXPECT_GT(outcome.code, 0) << outcome.output;
  EXPECT_EQ(as_root("true").code, 0) << "the VM itself is unharmed";
}

INSTANTIATE_TEST_SUITE_P(
    Escape, Attempts,
    ::testing::Values(
        Attempt{"mount_tmpfs", "mount -t tmpfs none /tmp"},
        Attempt{"remount_usr_writable", "mount -o remount,rw /usr"},
        Attempt{"bind_mount", "mount --bind /proc /tmp"}, Attempt{"umount_proc", "umount /proc"},
        Attempt{"write_usr", "echo x > /usr/bin/true"}, Attempt{"write_root_directory", "mkdir /new"},
        Attempt{"write_the_agent", "echo x > /opt/wye/wye-vm"},
        Attempt{"pivot_root", "perl -e '$p = \"/tmp\"; exit(syscall(155, $p, $p) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"host_shadow", "cat /etc/shadow"},
        Attempt{"host_home", "ls /root/.ssh /home/* | grep -v kernel | grep -q ."},
        Attempt{
            "what_operators_keep_in_usr",
            "for d in /usr/*; do case $d in /usr/bin | /usr/lib | /usr/lib64 | /usr/share) ;; *) exit 0 ;; "
            "esac; done; exit 1"},
        Attempt{
            "what_operators_keep_in_etc",
            "ls /etc | grep -vxE 'alternatives|chromium|chromium.d|fonts|group|hosts|ld.so.cache|localtime|"
            "mime.types|nsswitch.conf|passwd|resolv.conf|ssl'"},
        Attempt{"what_operators_keep_beside_certificates",
                "ls /etc/ssl | grep -vx certs || [ ! -r /etc/ssl ]", false},
        Attempt{"certificates_that_lead_outside",
                "find -L /etc/ssl/certs -type l | grep -q . || [ ! -r "
                "/etc/ssl/certs/ca-certificates.crt ]",
                false},
        Attempt{"a_path_that_leads_outside", "IFS=:; for d in $PATH; do [ -d $d ] || exit 0; done; exit 1"},
        Attempt{"host_sessions", "ls /tmp/wye-vm-*"},
        Attempt{"host_processes", "ls -d /proc/[0-9]* | wc -l | awk '{exit $1 < 50 ? 1 : 0}'"},
        Attempt{"agents_memory", "head -c1 /proc/1/mem"},
        Attempt{"ptrace_the_agent", "perl -e 'exit(syscall(101, 16, 1, 0, 0) == 0 ? 0 : 1)'", false},
        Attempt{"device_node", "mknod /tmp/d b 8 0"}, Attempt{"kernel_memory", "head -c1 /dev/mem"},
        Attempt{"tun_device", "head -c1 /dev/net/tun"}, Attempt{"sysctl", "echo 1 > /proc/sys/kernel/panic"},
        Attempt{"sysrq", "echo b > /proc/sysrq-trigger"},
        Attempt{"set_hostname", "perl -e '$n = \"x\"; exit(syscall(170, $n, 1) == 0 ? 0 : 1)'"},
        Attempt{"set_clock", "date -s 2000-01-01"},
        Attempt{"reboot", "perl -e 'exit(syscall(169, 0xfee1dead, 672274793, 0x1234567, 0) == 0 ? 0 : 1)'"},
        Attempt{"load_module",
                "perl -e '$p = \"\"; exit(syscall(313, 0, $p, 0) == 0 || $! == 22 || $! == 8 ? 0 : 1)'"},
        Attempt{"terminal_injection",
                "perl -e '$c = \"x\"; exit(syscall(16, 0, 0x5412, $c) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"terminal_injection_by_high_bits",
                "perl -e '$c = \"x\"; exit(syscall(16, 0, 0x100005412, $c) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"grow_the_hosts_log", "truncate -s 2G /proc/1/fd/2"},
        Attempt{"grow_the_spool", "truncate -s 2G /proc/1/fd/6"},
        Attempt{"bpf", "perl -e 'exit(syscall(321, 0, 0, 0) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"keyctl", "perl -e 'exit(syscall(250, 0, -3, 0) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"io_uring", "perl -e 'exit(syscall(425, 1, 0) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"userfaultfd", "perl -e 'exit(syscall(323, 0) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"perf_events", "perl -e 'exit(syscall(298, 0, 0, -1, -1, 0) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"file_handles", "perl -e 'exit(syscall(304, 0, 0, 0) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{
            "join_a_namespace",
            "perl -e 'open(F, \"<\", \"/proc/self/ns/net\"); exit(syscall(308, fileno(F), 0) == 0 ? 0 : 1)'"},
        Attempt{"vsock", "perl -e 'exit(syscall(41, 40, 1, 0) < 0 ? 1 : 0)'"},
        Attempt{"packet_socket", "perl -e 'exit(syscall(41, 17, 3, 0) < 0 ? 1 : 0)'"},
        Attempt{"raw_socket", "perl -e 'exit(syscall(41, 2, 3, 1) < 0 ? 1 : 0)'"},
        Attempt{"raw_socket_in_a_namespace_of_its_own",
                "unshare -Urn perl -e 'exit(syscall(41, 2, 3, 1) < 0 ? 1 : 0)'", false},
        Attempt{"packet_socket_in_a_namespace_of_its_own",
                "unshare -Urn perl -e 'exit(syscall(41, 17, 3, 0) < 0 ? 1 : 0)'", false},
        Attempt{"netlink_other_than_routing",
                "perl -e 'for (1..31) { exit 0 unless syscall(41, 16, 3, $_) < 0 && $! == 1 } exit 1'"},
        Attempt{"ping_socket", "perl -e 'exit(syscall(41, 2, 2, 1) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{
            "rare_protocols",
            "perl -e 'for ([1, 132], [1, 262], [2, 136], [5, 132]) { exit 0 unless syscall(41, 2, $_->[0], "
            "$_->[1]) < 0 && $! == 1 } exit 1'"},
        Attempt{"pair_of_other_sockets",
                "perl -e '$p = \"x\" x 8; exit(syscall(53, 30, 5, 0, $p) == -1 && $! == 1 "
                "? 1 : 0)'"},
        Attempt{"crypto_socket", "perl -e 'exit(syscall(41, 38, 5, 0) < 0 ? 1 : 0)'"},
        Attempt{"flush_the_fence", "perl -e 'exit(syscall(41, 16, 3, 12) < 0 ? 1 : 0)'"},
        Attempt{"change_the_link", "ip addr add 10.0.2.99/24 dev tap0"},
        Attempt{"take_the_link_down", "ip link set tap0 down"}, Attempt{"host_cgroups", "ls /sys/fs/cgroup"},
        Attempt{"mount_cgroups", "mount -t cgroup -o memory none /tmp"},
        Attempt{"mount_in_a_namespace_of_its_own", "unshare -Urm mount -t tmpfs none /tmp", false},
        Attempt{"mount_by_the_new_calls", "perl -e '$t = \"tmpfs\"; exit(syscall(430, $t, 0) < 0 ? 1 : 0)'"},
        Attempt{"a_mount_call_of_a_newer_kernel",
                "perl -e '$p = \"/\"; exit(syscall(467, -100, $p, 0, 0, 0) == -1 && $! == 38 ? 1 : 0)'"},
        Attempt{"calls_that_were_never_reviewed",
                "perl -e 'for (337..423, 451, 453..600, 335, 336) { $n = $_; exit 0 unless syscall($n, -1, "
                "0, 0, 0, 0) "
                "== -1 && $! == 38 } exit 1'"},
        Attempt{"the_hosts_aio_contexts",
                "perl -e '$c = \"\\0\" x 8; exit(syscall(206, 1, $c) == -1 && $! == 1 ? 1 : 0)'"},
        Attempt{"much_room_at_once",
                "perl -e 'open(F, \">\", \"/tmp/f\"); exit(syscall(285, fileno(F), 1, 0, 2 << 20) == -1 && "
                "$! == 1 ? "
                "1 : 0)'"},
        Attempt{"the_hosts_core_handler", "[ $(prlimit --core -o HARD --noheadings) != 1 ]"},
        Attempt{"a_core_limit_of_its_own", "prlimit --core=unlimited true"},
        Attempt{"open_files", "[ $(prlimit --nofile -o HARD --noheadings) -gt 8192 ]"},
        Attempt{"inotify_instances", "perl -e 'for (1..17) { exit 1 if syscall(294, 0) < 0 } exit 0'", false},
        Attempt{"terminals",
                "perl -e 'for (1..9) { exit 1 unless open($f[$_], \"+<\", \"/dev/ptmx\") } exit 0'", false},
        Attempt{"user_namespaces",
                "perl -e 'pipe(R, W); for (1..70) { push @p, $p = fork; if (!$p) { syswrite W, syscall(272, "
                "0x10000000) < 0 ? 0 : 1; sleep 60 } } while (length $all < 70) { sysread R, $b, 70; $all .= "
                "$b } "
                "kill 9, @p; exit(($all =~ tr/1//) > 64 ? 0 : 1)'",
                false},
        Attempt{"core_pattern", "echo '|/tmp/x' > /proc/sys/kernel/core_pattern"},
        Attempt{"module_path", "echo /tmp/x > /proc/sys/kernel/modprobe"},
        Attempt{"kernel_log", "head -c1 /dev/kmsg"}, Attempt{"kernel_core", "head -c1 /proc/kcore"},
        Attempt{"uid_ranges_of_others", "ls /run/wye-uids"},
        Attempt{"agents_descriptors", "cat /proc/1/fd/5 /proc/1/fd/6", false},
        Attempt{"agents_root", "ls /proc/1/root/opt", false},
        Attempt{"give_a_file_to_another_vm", "touch /tmp/f && chown 70000:70000 /tmp/f"},
        Attempt{"setuid_file",
                "cp /usr/bin/id /tmp/id && chmod u+s /tmp/id && [ $(/tmp/id -u) = 0 ] && [ "
                "$(setpriv --reuid 1000 /tmp/id -u) = 0 ]"},
        Attempt{"x32_calls", "perl -e 'exit(syscall(0x40000000 + 39) > 0 ? 0 : 1)'"},
        Attempt{"setuid_program", "su root -c true", false},
        Attempt{"become_root", "perl -e '$< = $> = 0; exit($> == 0 ? 0 : 1)'", false},
        Attempt{"kill_the_agent", "kill -9 1", false},
        Attempt{"host_abstract_sockets", "grep -q '@/' /proc/net/unix"},
        Attempt{"private_address",
                "perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => \"10.1.2.3:80\", Timeout "
                "=> 3) ? 0 : 1)'"},
        Attempt{"ipv6",
                "perl -MSocket -e 'socket(S, AF_INET6, SOCK_STREAM, 0); exit(connect(S, "
                "pack_sockaddr_in6(80, Socket::inet_pton(AF_INET6, \"fd00::1\"))) ? 0 : 1)'"},
        Attempt{"host_loopback",
                "perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => \"10.0.2.2:22\", Timeout "
                "=> 3) ? 0 : 1)'"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(ProbeVm, a_memory_bomb_kills_only_itself) {
  memory_bytes_ = 256 << 20;
  launch();
  EXPECT_NE(as_kernel("perl -e '$x = \"a\" x (512 << 20); print length $x'").code, 0);
  EXPECT_EQ(as_root("echo alive").output, "alive\n");
}

TEST_F(ProbeVm, a_fork_bomb_is_contained) {
  max_tasks_ = 50;
  launch();
  EXPECT_NE(as_kernel("perl -e 'for (1..200) { $p = fork; exit 9 unless defined $p; if (!$p) { close STDOUT; "
                      "close STDERR; sleep 100 } }'")
                .code,
            0);
  EXPECT_LE(processes_of_vm(), 60u);
  const auto record = record_;
  EXPECT_TRUE(destroy(record));
  EXPECT_EQ(processes_of_vm(), 0u);
}

TEST_F(ProbeVm, disk_and_inodes_are_bounded) {
  memory_bytes_ = 3ULL << 30;  // the tree is in memory too, and has a lower bound
  launch();
  EXPECT_NE(as_kernel("head -c 3000000000 /dev/zero > /home/kernel/big").code, 0);
  EXPECT_EQ(as_root("rm -f /home/kernel/big; echo fits > /tmp/x && cat /tmp/x").output, "fits\n");
}

TEST_F(ProbeVm, inodes_are_bounded) {
  launch();
  for (const auto* path : {"/tmp", "/home/kernel"})
    EXPECT_EQ(as_kernel(std::string("df --output=itotal ") + path + " | tail -1 | tr -d ' '").output,
              "262144\n");
}

TEST_F(ProbeVm, another_vm_is_out_of_reach) {
  launch();
  const std::string listen =
      "perl -MIO::Socket -e '$t = IO::Socket::INET->new(Listen => 1, LocalAddr => \"0.0.0.0:7777\"); "
      "$u = IO::Socket::UNIX->new(Listen => 1, Local => \"\\0wye-probe\"); print \"listening\\n\"; close "
      "STDOUT; "
      "close STDERR; sleep 30' &";
  ASSERT_EQ(as_kernel(listen).output, "listening\n");
  const std::string reach =
      "perl -MIO::Socket -e 'exit(IO::Socket::INET->new(PeerAddr => \"HOST:7777\", Timeout => 3) || "
      "IO::Socket::UNIX->new(Peer => \"\\0wye-probe\") ? 0 : 1)'";
  const auto from = [&](const std::string& host) {
    auto command = reach;
    return command.replace(command.find("HOST"), 4, host);
  };
  ASSERT_EQ(as_kernel(from("127.0.0.1")).code, 0) << "inside the VM it is reached";
  const auto other = record_;
  const auto its_directory = directory_;
  directory_ += ".second";
  ASSERT_TRUE(std::filesystem::create_directory(directory_));
  launch();
  EXPECT_NE(record_.host_uid, other.host_uid);
  for (const auto* host : {"127.0.0.1", "10.0.2.100", "10.0.2.2"})
    EXPECT_EQ(as_root(from(host)).code, 1) << host;
  EXPECT_GT(as_root("kill -0 " + std::to_string(other.pid)).code, 0);
  EXPECT_GT(as_root("ls " + its_directory).code, 0);
  EXPECT_TRUE(destroy(other));
  std::filesystem::remove_all(its_directory);
}

TEST_F(ProbeVm, chromium_keeps_its_own_sandbox_inside) {
  max_tasks_ = 1000;
  launch();
  const auto shown = as_kernel(
      "HOME=/home/kernel timeout 25 chromium --headless=new --disable-gpu --no-first-run "
      "--disable-background-networking --disable-component-update --disable-sync "
      "--disable-default-apps --user-data-dir=/home/kernel/try --dump-dom 'data:text/html,<p>sandboxed</p>' "
      "2>/dev/null");
  EXPECT_NE(shown.output.find("<p>sandboxed</p>"), std::string::npos) << shown.code << shown.output;
}

// A host of invented addresses in the test's own network namespace: whatever gets out of the VM arrives at a
// listener here.
class Listener {
 public:
  explicit Listener(const char* address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &at.sin_addr);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), size), 0) << address;
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  [[nodiscard]] bool was_reached() const {
    pollfd ready{socket_.get(), POLLIN, 0};
    return ::poll(&ready, 1, 0) > 0;
  }

 private:
  UniqueFd socket_;
  int port_ = 0;
};

class FakeHost : public ProbeVm {
 protected:
  void SetUp() override {
    ProbeVm::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    for (const auto* command :
         {"ip link set lo up", "ip addr add 10.9.9.9/32 dev lo", "ip addr add 192.168.7.7/32 dev lo",
          "ip addr add 169.254.169.254/32 dev lo", "ip addr add 93.184.216.34/32 dev lo"})
      ASSERT_EQ(std::system(command), 0) << command;
  }
  int connect_from_inside(const std::string& host, const Listener& listener) {
    return as_kernel("perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => \"" + host + ":" +
                     listener.port() + "\", Timeout => 3) ? 0 : 1)'")
        .code;
  }
};

TEST_F(FakeHost, private_metadata_and_own_public_addresses_see_no_packet) {
  launch();
  for (const auto* address : {"10.9.9.9", "192.168.7.7", "169.254.169.254", "93.184.216.34", "127.0.0.1"}) {
    const Listener listener(address);
    EXPECT_NE(connect_from_inside(address, listener), 0) << address;
    EXPECT_FALSE(listener.was_reached()) << address;
  }
  const Listener loopback("127.0.0.1");
  EXPECT_NE(connect_from_inside("10.0.2.2", loopback), 0);
  EXPECT_FALSE(loopback.was_reached());
}

TEST_F(FakeHost, the_hosts_loopback_is_reached_only_where_it_is_allowed) {
  launch(true);
  const Listener loopback("127.0.0.1"), elsewhere("10.9.9.9");
  EXPECT_EQ(connect_from_inside("host.wye.internal", loopback), 0);
  EXPECT_TRUE(loopback.was_reached());
  EXPECT_NE(connect_from_inside("10.9.9.9", elsewhere), 0);
  EXPECT_FALSE(elsewhere.was_reached());
}

}  // namespace
}  // namespace wye::host
