#include "relay/relays.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/pass_descriptors.h"
#include "base/process_identity.h"
#include "base/try.h"
#include "relay/link_socket.h"
#include "relay/relayed.h"

extern char** environ;

namespace wye::relay {

using What = LinkMessage::What;
using std::chrono::steady_clock;

namespace {

constexpr auto kGreetWithin = std::chrono::seconds(3);  // all of them together
constexpr auto kGreetLateWithin = std::chrono::milliseconds(200);
constexpr auto kNextTryAfter = std::chrono::seconds(1);
constexpr int kListenFd = 3;

Error unfit(const char* what) {
  return {.kind = ErrorKind::internal, .code = "internal_error", .message = what};
}

Error failed(const std::string& what) {
  return {
      .kind = ErrorKind::internal, .code = "internal_error", .message = what + ": " + std::strerror(errno)};
}

// Waits for the next message; nothing when none comes in time, or what comes is none.
std::optional<LinkMessage> await_message(int link, steady_clock::time_point until, std::span<char> room) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd waiting{.fd = link, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) < 0) return std::nullopt;
    const auto got = receive_with_descriptors(link, room, 0);
    if (got.what == Received::What::nothing_yet) continue;
    if (got.what != Received::What::bytes || got.cut) return std::nullopt;
    return parse_link_message({room.data(), got.size});
  }
}

// A session of its own, so that a terminal's Ctrl-C is not for it; signals as they are by default.
Result<pid_t> spawn(const std::string& program, int listener, int log, std::size_t most) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, log, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, log, STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, listener, kListenFd);
  // What the server has open is not the relay's to keep, whether it is marked close-on-exec or not.
  ::posix_spawn_file_actions_addclosefrom_np(&files, kListenFd + 1);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const auto fd = std::to_string(kListenFd), count = std::to_string(most);
  std::array<const char*, 6> words{program.c_str(), "--listen-fd", fd.c_str(),
                                   "--most",        count.c_str(), nullptr};
  std::array<char*, 1> no_environment{nullptr};
  pid_t pid = -1;
  const int result = ::posix_spawn(&pid, program.c_str(), &files, &attributes,
                                   const_cast<char* const*>(words.data()), no_environment.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  errno = result;
  if (result != 0) return failed(program);
  return pid;
}

}  // namespace

Relays::Relays(RelaysOptions options, const Log& log)
    : options_(std::move(options)), log_(log), next_number_(options_.first_number) {}

Result<void> Relays::start(Adopt adopt) {
  adopt_ = std::move(adopt);
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);
  std::filesystem::permissions(options_.directory, std::filesystem::perms::owner_all, error);
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return failed("eventfd");
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, error)) {
    if (entry.path().extension() != ".sock") continue;
    strays_.push_back(entry.path());
  }
  find_strays(kGreetWithin);
  if (takes_new_ == nullptr)
    if (auto started = start_process(); !started)
      log_.warn("connections to DevTools do not outlive this server", {{"reason", started.error().message}});
  thread_ = std::thread([this] { follow(); });
  return {};
}

void Relays::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
  processes_.clear();
  takes_new_ = nullptr;
}

// Takes over the processes that answer. One that does not, since it is stopped, say, is tried again later:
// until then nothing holds its sessions.
void Relays::find_strays(std::chrono::milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  for (auto& path : std::exchange(strays_, {})) {
    auto found = greet(path, until);
    if (!found && found.error().kind == ErrorKind::disconnected) {
      ::unlink(path.c_str());  // of a process that has ended
    } else if (!found) {
      if (patience == kGreetWithin)
        log_.warn("a relay of an earlier server cannot be taken over yet",
                  {{"reason", found.error().message}});
      strays_.push_back(std::move(path));
    } else {
      const std::lock_guard lock(mutex_);
      if (takes_new_ == nullptr) takes_new_ = found->get();
      processes_.push_back(std::move(*found));
    }
  }
}

// One that this server can talk to, and what it relays.
Result<std::unique_ptr<Relays::Process>> Relays::greet(std::string path, steady_clock::time_point until) {
  auto process = std::make_unique<Process>();
  process->path = std::move(path);
  WYE_TRY(process->link, connect_link(process->path));
  if (!is_own_peer(process->link.get())) return unfit("it is another user's");
  std::vector<char> room(kMaxLinkMessage);
  const auto hello = await_message(process->link.get(), until, room);
  if (!hello || hello->what != What::hello || hello->number != kLinkVersion)
    return unfit("it says no hello of this version");
  process->most = hello->count;
  if (!send(*process, {.what = What::hello, .number = kLinkVersion})) return unfit("it does not read");
  for (;;) {
    const auto said = await_message(process->link.get(), until, room);
    if (!said) return unfit("it does not say what it relays");
    if (said->what == What::ready) return process;
    if (said->what == What::over) process->open.erase(said->number);
    if (said->what != What::has) continue;
    auto kept = adopt_ ? adopt_(said->session) : nullptr;
    if (kept == nullptr) (void)send(*process, {.what = What::end, .session = said->session});
    process->open[said->number] = std::move(kept);
  }
}

Result<void> Relays::start_process() {
  const auto path = options_.directory + "/" + std::to_string(next_number_++) + ".sock";
  WYE_TRY(const auto listener, listen_for_links(path));
  const UniqueFd log(::open((options_.directory + "/relay.log").c_str(),
                            O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!log) return failed("relay.log");
  auto pid = spawn(options_.program, listener.get(), log.get(), options_.most);
  if (pid) children_.push_back({*pid, open_pidfd(*pid)});
  auto process = pid ? greet(path, steady_clock::now() + kGreetWithin)
                     : Result<std::unique_ptr<Process>>(std::move(pid).error());
  if (!process) {
    ::unlink(path.c_str());
    return std::move(process).error();
  }
  const std::lock_guard lock(mutex_);
  takes_new_ = process->get();
  processes_.push_back(std::move(*process));
  return {};
}

bool Relays::send(Process& process, const LinkMessage& message, std::span<const int> descriptors) {
  const auto text = to_text(message);
  return text.size() <= kMaxLinkMessage && send_with_descriptors(process.link.get(), text, descriptors);
}

bool Relays::hand_on(const std::string& session, const RelayParts& parts, Kept kept) {
  const std::lock_guard lock(mutex_);
  if (takes_new_ == nullptr || stopping_ || takes_new_->open.size() >= takes_new_->most) return false;
  const std::array descriptors{parts.client.get(), parts.devtools.get(), parts.line.get()};
  const auto number = next_number_;
  if (!send(*takes_new_,
            {.what = What::open,
             .number = number,
             .network = parts.network,
             .session = session,
             .from_client = parts.from_client,
             .from_devtools = parts.from_devtools},
            descriptors))
    return false;
  ++next_number_;
  takes_new_->open[number] = std::move(kept);
  return true;
}

void Relays::end_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  for (auto& process : processes_)
    if (!send(*process, {.what = What::end, .session = session}))
      log_.warn("a relay does not hear of a session's end", {{"session_id", session}});
}

std::size_t Relays::open() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& process : processes_) count += process->open.size();
  return count;
}

// Hears what has ended, and starts the next process when one has died.
void Relays::follow() {
  auto next_try = steady_clock::now() + kNextTryAfter;
  for (;;) {
    std::vector<pollfd> waiting{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    bool lacks = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      lacks = takes_new_ == nullptr;
      for (const auto& process : processes_)
        waiting.push_back({.fd = process->link.get(), .events = POLLIN, .revents = 0});
    }
    for (const auto& child : children_)
      waiting.push_back({.fd = child.process.get(), .events = POLLIN, .revents = 0});
    const bool tries = lacks || !strays_.empty();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_try - steady_clock::now());
    ::poll(waiting.data(), waiting.size(), tries ? std::max(0, static_cast<int>(left.count())) : -1);
    std::vector<Kept> released;  // outside of the lock: what it holds may call back
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = processes_.size(); i-- > 0;)
        if (waiting[i + 1].revents != 0) hear(*processes_[i], released);
      for (std::size_t i = processes_.size(); i-- > 0;)
        if (!processes_[i]->link) lose(i, released);
      // One that takes no new ones and has none left ends without a server.
      std::erase_if(processes_,
                    [this](const auto& one) { return one.get() != takes_new_ && one->open.empty(); });
      lacks = takes_new_ == nullptr;
    }
    released.clear();
    std::erase_if(children_, [](const Child& child) { return ::waitpid(child.pid, nullptr, WNOHANG) != 0; });
    if (steady_clock::now() < next_try || (!lacks && strays_.empty())) continue;
    next_try = steady_clock::now() + kNextTryAfter;
    find_strays(kGreetLateWithin);
    if (takes_new_ != nullptr) continue;
    if (auto started = start_process(); !started)
      log_.warn("no relay can be started", {{"reason", started.error().message}});
  }
}

// With the mutex held.
void Relays::hear(Process& process, std::vector<Kept>& released) {
  std::array<char, 1024> room;
  for (;;) {
    const auto got = receive_with_descriptors(process.link.get(), room, 0);
    if (got.what == Received::What::nothing_yet) return;
    const auto said = got.what == Received::What::bytes && !got.cut
                          ? parse_link_message({room.data(), got.size})
                          : std::nullopt;
    if (!said || said->what != What::over) return process.link.reset();
    const auto found = process.open.find(said->number);
    if (found == process.open.end()) continue;
    released.push_back(std::move(found->second));
    process.open.erase(found);
  }
}

// With the mutex held: a process that has died, and its WebSockets with it.
void Relays::lose(std::size_t index, std::vector<Kept>& released) {
  const auto process = std::move(processes_[index]);
  processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(index));
  if (takes_new_ == process.get()) takes_new_ = nullptr;
  if (!process->open.empty())
    log_.warn("a relay has ended, and its connections to DevTools with it",
              {{"connections", process->open.size()}});
  for (auto& [number, kept] : process->open) released.push_back(std::move(kept));
  ::unlink(process->path.c_str());
}

}  // namespace wye::relay
