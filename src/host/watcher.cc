#include "host/watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>

namespace wye::host {
namespace {

constexpr int kRoundsAtOnce = 4;

enum Source : std::uint64_t { inotify, stop, kernel_log, first_death };

}  // namespace

Watcher::Watcher(Callbacks callbacks) : callbacks_(std::move(callbacks)), next_number_(first_death) {}

Result<std::unique_ptr<Watcher>> Watcher::start(Callbacks callbacks) {
  std::unique_ptr<Watcher> watcher(new Watcher(std::move(callbacks)));
  watcher->epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  watcher->inotify_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  watcher->stop_.reset(::eventfd(0, EFD_CLOEXEC));
  std::uint64_t source = inotify;
  for (const auto* fd : {&watcher->inotify_, &watcher->stop_}) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = source++}};
    if (!*fd || ::epoll_ctl(watcher->epoll_.get(), EPOLL_CTL_ADD, fd->get(), &event) != 0)
      return Error{.kind = ErrorKind::internal,
                   .code = "internal_error",
                   .message = std::string("the watcher cannot start: ") + std::strerror(errno)};
  }
  watcher->kernel_log_ = KernelLog::open();
  if (watcher->hears_the_kernel()) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kernel_log}};
    ::epoll_ctl(watcher->epoll_.get(), EPOLL_CTL_ADD, watcher->kernel_log_.fd(), &event);
  }
  watcher->thread_ = std::thread([raw = watcher.get()] { raw->run(); });
  return watcher;
}

Watcher::~Watcher() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto wrote = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void Watcher::watch(const std::string& session, Part part, UniqueFd ended) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watched_, [&](const auto& entry) {
    return entry.second.session == session && entry.second.part == part;
  });
  const auto number = next_number_++;
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = number}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ended.get(), &event);
  watched_.emplace(number, Watched{session, part, std::move(ended)});
}

void Watcher::watch_file(const std::string& session, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), IN_MODIFY);
  if (watch >= 0) files_[watch] = session;
}

void Watcher::forget(const std::string& session) {
  const std::lock_guard lock(mutex_);
  // Closing a descriptor takes it out of epoll.
  std::erase_if(watched_, [&](const auto& entry) { return entry.second.session == session; });
  for (auto at = files_.begin(); at != files_.end();)
    if (at->second == session) {
      ::inotify_rm_watch(inotify_.get(), at->first);
      at = files_.erase(at);
    } else {
      ++at;
    }
}

void Watcher::read_inotify() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  std::set<std::string> grown;  // several writes lead to one call
  // Agents can write faster than their events are read: the rest is read after other things that happened.
  for (int round = 0; round < kRoundsAtOnce; ++round) {
    const auto got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    const std::lock_guard lock(mutex_);
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      if (const auto found = files_.find(event->wd); found != files_.end()) grown.insert(found->second);
      if ((event->mask & IN_Q_OVERFLOW) != 0)
        for (const auto& [watch, session] : files_) grown.insert(session);
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
  }
  for (const auto& session : grown) callbacks_.spool_grew(session);
}

void Watcher::tell_death(std::uint64_t number) {
  std::string session;
  Part part{};
  {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(number);
    if (found == watched_.end()) return;  // forgotten meanwhile
    session = found->second.session;
    part = found->second.part;
  }
  part == Part::vm ? callbacks_.died(session) : callbacks_.network_died(session);
}

void Watcher::read_kernel_log() {
  kernel_log_.read([this](std::string_view line) {
    if (const auto kill = oom_report_.read_line(line)) callbacks_.oom_killed(*kill);
  });
}

void Watcher::run() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const auto source = events[static_cast<std::size_t>(i)].data.u64;
      if (source == stop) return;
      if (source == inotify) {
        read_inotify();
      } else if (source == kernel_log) {
        read_kernel_log();
      } else {
        tell_death(source);
      }
    }
  }
}

}  // namespace wye::host
