#include "host/bubblewrap/host_addresses.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/ip_ranges.h"

namespace wye::host {
namespace {

constexpr auto kLongestPause = std::chrono::milliseconds(60'000);

UniqueFd open_kernel() {
  UniqueFd out(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_IPV4_IFADDR;
  if (out && ::bind(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) out.reset();
  return out;
}

}  // namespace

HostAddresses::HostAddresses(Update update, Warn warn)
    : update_(std::move(update)), warn_(std::move(warn)), kernel_(open_kernel()) {
  stop_.reset(::eventfd(0, EFD_CLOEXEC));
  addresses_ = own_addresses(AF_INET);  // after the socket is there: no change falls between the two
  if (!kernel_)
    warn_(std::string("addresses that this machine gets later are not fenced off: ") + std::strerror(errno));
  hearing_ = std::thread([this] { hear(); });
  applying_ = std::thread([this] { apply(); });
}

HostAddresses::~HostAddresses() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto wrote = ::write(stop_.get(), &one, sizeof one);
  hearing_.join();
  applying_.join();
}

HostAddresses::Addresses HostAddresses::now() {
  auto addresses = own_addresses(AF_INET);
  const std::lock_guard lock(mutex_);
  if (addresses != addresses_) changed_.notify_all();
  addresses_ = addresses;
  return addresses;
}

void HostAddresses::keep(const VmRecord& vm, const Addresses& fenced) {
  const std::lock_guard lock(mutex_);
  kept_.insert_or_assign(vm.session_id, Kept{.vm = vm, .fenced = fenced});
  changed_.notify_all();
}

void HostAddresses::keep(const VmRecord& vm) {
  const std::lock_guard lock(mutex_);
  if (const auto known = kept_.find(vm.session_id); known != kept_.end() && known->second.vm.pid == vm.pid &&
                                                    known->second.vm.pid_start_time == vm.pid_start_time)
    return;
  kept_.insert_or_assign(vm.session_id, Kept{.vm = vm, .fenced = {}, .known = false});
  changed_.notify_all();
}

void HostAddresses::forget(const std::string& session_id) {
  const std::lock_guard lock(mutex_);
  kept_.erase(session_id);
}

// Does not read what the messages say: they may be lost (ENOBUFS), and the present addresses say it all.
void HostAddresses::hear() {
  std::array<char, 16 * 1024> piece;
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{stop_.get(), POLLIN, 0}, pollfd{kernel_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return;
    if (ready[0].revents != 0) return;
    while (::recv(kernel_.get(), piece.data(), piece.size(), 0) > 0 || errno == ENOBUFS) {
    }
    auto addresses = own_addresses(AF_INET);
    const std::lock_guard lock(mutex_);
    addresses_ = std::move(addresses);
    changed_.notify_all();
  }
}

HostAddresses::Kept* HostAddresses::stale() {
  Kept* first = nullptr;
  for (auto& [session, kept] : kept_)
    if ((!kept.known || kept.fenced != addresses_) && (first == nullptr || kept.again < first->again))
      first = &kept;
  return first;
}

void HostAddresses::apply() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto* next = stale();
    if (next == nullptr) {
      changed_.wait(lock);
    } else if (const auto again = next->again; again > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, again);  // a copy: the VM may be forgotten meanwhile, and its entry with it
    } else {
      const auto vm = next->vm;
      const auto wanted = addresses_;
      lock.unlock();
      const auto done = update_(vm, wanted);
      lock.lock();
      take_outcome(vm, wanted, done);
    }
  }
}

void HostAddresses::take_outcome(const VmRecord& vm, const Addresses& wanted, const Result<void>& done) {
  const auto found = kept_.find(vm.session_id);
  if (found == kept_.end() || found->second.vm.pid != vm.pid) return;  // it ended meanwhile
  if (!done && done.error().kind == ErrorKind::not_found) {
    kept_.erase(found);
    return;
  }
  auto& kept = found->second;
  if (done) {
    kept = {.vm = kept.vm, .fenced = wanted};
    return;
  }
  warn_("a VM's fence does not have the host's new addresses yet: " + done.error().message);
  kept.again = std::chrono::steady_clock::now() + kept.pause;
  kept.pause = std::min(2 * kept.pause, kLongestPause);
}

}  // namespace wye::host
