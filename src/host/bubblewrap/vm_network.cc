#include "host/bubblewrap/vm_network.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

#include "host/bubblewrap/launch_steps.h"
#include "host/bubblewrap/vm_limits.h"

namespace wye::host {
namespace {

UniqueFd open_namespace(pid_t pid, const char* kind) {
  UniqueFd out(::open(("/proc/" + std::to_string(pid) + "/ns/" + kind).c_str(), O_RDONLY | O_CLOEXEC));
  if (!out) fail(std::string("namespace ") + kind);
  return out;
}

// Lets the helper, which will not be root, open the tun device. Where /dev/net/tun is root's alone (udev
// gives it to all), it sees another node of the same device in its place, in a mount namespace of its own.
void open_tun_device_to_all() {
  const char* const device = "/dev/net/tun";
  struct stat status {};
  constexpr mode_t kForAll = S_IROTH | S_IWOTH;
  if (::stat(device, &status) != 0) fail(device);
  if ((status.st_mode & kForAll) == kForAll) return;
  const char* const node = "/mnt/tun";
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k") != 0)
    fail("the network helper's mounts");
  if (::mknod(node, S_IFCHR | 0600, status.st_rdev) != 0)
    throw std::runtime_error(
        "/dev/net/tun is root's alone and CAP_MKNOD is missing: chmod 0666 /dev/net/tun, as udev does");
  if (::chmod(node, 0666) != 0 || ::mount(node, device, nullptr, MS_BIND, nullptr) != 0 ||
      ::umount2("/mnt", MNT_DETACH) != 0)
    fail("the network helper's tun device");
}

// Becomes root of the VM's outer user namespace, a user who owns nothing on the host.
void become_root_of(const UniqueFd& user_namespace) {
  if (::setns(user_namespace.get(), CLONE_NEWUSER) != 0) fail("the VM's user namespace");
  if (::geteuid() == 0) return;  // an ordinary user is root there by their own id
  if (::setgroups(0, nullptr) != 0 || ::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0)
    fail("the network helper's user");
}

[[noreturn]] void become_network_helper(const NetworkPlace& place, bool allow_host_loopback, int alive_read,
                                        int ready_write) {
  try {
    ::setsid();
    if (::geteuid() == 0) open_tun_device_to_all();
    become_root_of(place.user);
    refuse_core_handlers();
    limit_helper_resources();
    std::vector<std::string> words{"slirp4netns",
                                   "--configure",
                                   "--mtu=65520",
                                   "--enable-sandbox",
                                   "--enable-seccomp",
                                   "--netns-type=path",
                                   "--exit-fd=" + std::to_string(alive_read),
                                   "--ready-fd=" + std::to_string(ready_write)};
    if (!allow_host_loopback) words.emplace_back("--disable-host-loopback");
    words.push_back("/proc/self/fd/" + std::to_string(place.net.get()));
    words.emplace_back("tap0");
    const int null = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int fd : {place.net.get(), alive_read, ready_write}) keep_open(fd);
    become(words);
    fail("slirp4netns");
  } catch (const std::exception& error) {
    // Tells whoever waits until it is ready.
    const std::string text = std::string("!") + error.what();
    [[maybe_unused]] const auto wrote = ::write(ready_write, text.data(), text.size());
    ::_exit(127);
  }
}

}  // namespace

NetworkPlace network_place_of(pid_t pid) {
  return {.user = open_namespace(pid, "user"), .net = open_namespace(pid, "net")};
}

NetworkPlace network_place_inside(pid_t pid) {
  auto net = open_namespace(pid, "net");
  UniqueFd user(::ioctl(net.get(), NS_GET_USERNS));
  if (!user) fail("the network's owner");
  return {.user = std::move(user), .net = std::move(net)};
}

pid_t start_network_helper(const NetworkPlace& place, bool allow_host_loopback, int alive_read,
                           int ready_write) {
  const pid_t child = fork_alone();
  if (child < 0) fail("fork");
  if (child == 0) become_network_helper(place, allow_host_loopback, alive_read, ready_write);
  return child;
}

void await_network(int ready_read) {
  char first = 0;
  if (::read(ready_read, &first, 1) != 1) throw std::runtime_error("slirp4netns failed");
  if (first == '!') throw std::runtime_error("slirp4netns: " + read_all(ready_read));
}

}  // namespace wye::host
