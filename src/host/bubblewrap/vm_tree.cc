#include "host/bubblewrap/vm_tree.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <initializer_list>

#include "host/bubblewrap/certificates.h"
#include "host/bubblewrap/launch_steps.h"
#include "host/bubblewrap/vm_limits.h"

namespace wye::host {
namespace {

// The host's own files that a VM sees, read-only: what packages have installed, as far as Chromium, the agent
// and commands need it. Places where operators keep their own files are not among them (/usr/local, /usr/src,
// /opt, homes, /etc), so a secret there cannot be read inside.
constexpr std::array kShared{"/usr/bin", "/usr/lib", "/usr/share"};
// What a VM sees of /etc: where libraries and fonts are found, what an alternative's name leads to, and what
// Debian's Chromium begins with (no sign-in, no suggestions).
constexpr std::array kSharedOfEtc{"/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives", "/etc/mime.types",
                                  "/etc/chromium/master_preferences"};
constexpr std::array kOwnOfEtc{"/etc/resolv.conf", "/etc/passwd",        "/etc/group",
                               "/etc/hosts",       "/etc/nsswitch.conf", "/etc/chromium.d"};

void copy_file(int from, const std::string& to) {
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
  struct stat status {};
  if (!out || ::fstat(from, &status) != 0) fail(to);
  off_t at = 0;
  while (at < status.st_size)
    if (const auto sent = ::copy_file_range(from, &at, out.get(), nullptr,
                                            static_cast<std::size_t>(status.st_size - at), 0);
        sent <= 0) {
      // The kernel may refuse to copy between file systems of different kinds; then it is done by hand.
      std::array<char, 1 << 16> piece;
      for (ssize_t got; (got = ::pread(from, piece.data(), piece.size(), at)) > 0; at += got)
        write_all(out.get(), {piece.data(), static_cast<std::size_t>(got)}, to);
      break;
    }
  ::fchmod(out.get(), 0755);
}

// Mounts terminals of the VM's own: bubblewrap's have no bound but the host's.
void mount_terminals(const char* at) {
  const auto options = "newinstance,ptmxmode=0666,mode=620,max=" + std::to_string(kVmTerminals);
  if (::mkdir(at, 0755) != 0 || ::mount("devpts", at, "devpts", MS_NOSUID | MS_NOEXEC, options.c_str()) != 0)
    fail("terminals");
}

// Binds the working directory, which is the folder with Node: its path may lead through
// directories that the VM's root may not enter, and where it stands already it needs none.
void bind_node() {
  if (::mkdir("/mnt/node", 0755) != 0 || ::mount(".", "/mnt/node", nullptr, MS_BIND, nullptr) != 0)
    fail("/mnt/node");
}

void write_etc(const LaunchSpec& spec) {
  for (const auto* directory : {"/mnt/etc", "/mnt/etc/certs", "/mnt/etc/chromium.d"})
    if (::mkdir(directory, 0755) != 0) fail(directory);
  copy_certificates("/etc/ssl/certs", "/mnt/etc/certs");
  write_file("/mnt/etc/chromium.d/README",
             "");  // Debian's /usr/bin/chromium stops where the directory is empty
  write_file("/mnt/etc/resolv.conf", "nameserver 10.0.2.3\noptions timeout:1 attempts:2\n");
  write_file("/mnt/etc/passwd",
             "root:x:0:0:root:/root:/bin/sh\nkernel:x:1000:1000:kernel:/home/kernel:/bin/"
             "sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n");
  write_file("/mnt/etc/group", "root:x:0:\nkernel:x:1000:\nnogroup:x:65534:\n");
  write_file("/mnt/etc/hosts", std::string("127.0.0.1 localhost\n") +
                                   (spec.allow_host_loopback ? "10.0.2.2 host.wye.internal\n" : ""));
  write_file("/mnt/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
}

}  // namespace

// Makes a tmpfs of our own over /mnt, bounded in bytes and inodes. bubblewrap binds from there, since it
// could not look into the session's 0700 directory.
void make_tree(const LaunchSpec& spec, int agent_fd, bool ordinary, bool in_node) {
  if (::unshare(CLONE_NEWNS) != 0) fail("mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("private mounts");
  const auto options = "mode=0755,size=" + std::to_string(spec.home_bytes) + ",nr_inodes=262144";
  if (::mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) fail("tmpfs");
  copy_file(agent_fd, "/mnt/wye-vm");
  if (::mkdir("/mnt/home", 0755) != 0) fail("/mnt/home");
  if (::mkdir("/mnt/tmp", 01777) != 0 || ::chmod("/mnt/tmp", 01777) != 0) fail("/mnt/tmp");
  if (!ordinary && ::chown("/mnt/home", 1000, 1000) != 0) fail("/mnt/home");
  mount_terminals("/mnt/pts");
  if (in_node) bind_node();
  write_etc(spec);
}

std::vector<std::string> tree_arguments() {
  std::vector<std::string> words;
  const auto add = [&](std::initializer_list<const char*> more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  // Without a mode bubblewrap makes a directory that only root may enter, also on the way to what it binds.
  const auto directory = [&](const char* path) { add({"--perms", "0755", "--dir", path}); };
  directory("/usr");
  for (const auto* path : kShared) add({"--ro-bind", path, path});
  add({"--ro-bind-try", "/usr/lib64", "/usr/lib64", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib",
       "/lib", "--symlink", "usr/lib64", "/lib64"});
  for (const auto* path : {"/etc", "/etc/chromium"}) directory(path);
  for (const auto* path : kSharedOfEtc) add({"--ro-bind-try", path, path});
  for (const std::string path : kOwnOfEtc) words.insert(words.end(), {"--ro-bind", "/mnt" + path, path});
  directory("/etc/ssl");
  add({"--ro-bind", "/mnt/etc/certs", "/etc/ssl/certs"});
  // Without the zone and fontconfig's cache Chromium starts 50–100 ms slower: ICU then looks through every
  // zone file, and the cache is built again.
  add({"--symlink", "/usr/share/zoneinfo/Etc/UTC", "/etc/localtime"});
  directory("/var");
  directory("/var/cache");
  add({"--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig", "--proc", "/proc", "--dev", "/dev",
       "--dev-bind", "/mnt/pts", "/dev/pts", "--perms", "1777", "--size", "536870912", "--tmpfs", "/dev/shm",
       "--bind", "/mnt/tmp", "/tmp"});
  directory("/home");
  add({"--bind", "/mnt/home", "/home/kernel"});
  directory("/run");
  directory("/opt");
  directory("/opt/wye");
  add({"--ro-bind", "/mnt/wye-vm", "/opt/wye/wye-vm", "--ro-bind-try", "/mnt/node", "/opt/wye/node",
       "--remount-ro", "/", "--chdir", "/home/kernel", "--setenv", "HOME", "/home/kernel", "--setenv", "PATH",
       "/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8"});
  return words;
}

}  // namespace wye::host
