#include "vm/command/commands.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdio>
#include <set>
#include <utility>

#include "base/beneath.h"
#include "base/try.h"
#include "net/socket.h"
#include "net/wakeup.h"
#include "vm/command/launch_command.h"
#include "vm/lifecycle/own_children.h"

namespace wye::vm {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
// A process that stays longer is stuck in the kernel, and dies when it comes back.
constexpr auto kAllGoneWithin = std::chrono::seconds(30);
constexpr std::size_t kMany = 64;
constexpr int kPassesAtOnce = 16;
constexpr std::chrono::milliseconds kLookAgain{1}, kLookAgainAtMost{50}, kSweepsAfter{250};

// The first process of a VM sees no others than the VM's. Elsewhere, in a test, others may bear the same
// marks: there its own children are all that it may kill.
std::vector<pid_t> processes_of_the_vm() { return ::getpid() == 1 ? all_processes() : own_children(); }

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

}  // namespace

struct Commands::All {
  All(asio::io_context& context, VmUsers vm_users, const Log& sink)
      : io(context), users(std::move(vm_users)), log(sink) {}
  asio::io_context& io;
  const VmUsers users;
  const Log& log;
  std::set<pid_t> owned;        // until they are reaped
  std::set<CommandMark> marks;  // of commands that have not ended
  CommandMark last_mark = 0;
  bool sweeps = false;
};

struct Command::State {
  State(std::shared_ptr<Commands::All> the_all, LaunchedCommand launched, CommandMark its_mark)
      : all(std::move(the_all)), process(std::move(launched)), mark(its_mark), ended(all->io) {}

  // Kills what the command has left behind. What has lost its parent is a child of this process by now, so
  // that without such a child there is nothing. Tells how many there were.
  std::size_t kill_the_rest() {
    const auto is_of_it = [this](pid_t pid) {
      return !all->owned.contains(pid) && command_mark_of(pid) == mark;
    };
    auto children = own_children();
    std::erase_if(children, [&](pid_t pid) { return !is_of_it(pid); });
    if (children.empty()) return 0;
    std::size_t found = 0;
    for (const auto pid : processes_of_the_vm())
      if (is_of_it(pid) && ::kill(pid, SIGKILL) == 0) ++found;
    for (const auto pid : children) ::waitpid(pid, nullptr, WNOHANG);
    return found;
  }
  net::Task<> end_the_rest() {
    net::Timer pause(all->io.get_executor());
    auto again = kLookAgain;
    int at_once = 0;
    for (const auto until = steady_clock::now() + kAllGoneWithin; steady_clock::now() < until;) {
      const auto found = kill_the_rest();
      if (found == 0) co_return;
      // Many that fork on and on are outrun only without a pause.
      if (found > kMany && ++at_once % kPassesAtOnce != 0) continue;
      pause.expires_after(again);
      co_await pause.async_wait(net::kAwait);
      again = std::min(again * 2, kLookAgainAtMost);
    }
    all->log.warn("processes of a command do not end", {{"pid", process.pid}});
  }

  std::shared_ptr<Commands::All> all;
  LaunchedCommand process;
  const CommandMark mark;
  std::optional<int> exit_code;
  net::Wakeup ended;
};

namespace {

// Kills what bears the mark of a command that has ended, until nothing does. The kernel's list of children,
// which is looked at when a command ends, may leave one out while others end (proc(5), children), so that all
// processes are looked at a little later: once for all commands that have ended meanwhile.
net::Task<> sweep(std::shared_ptr<Commands::All> all) {
  net::Timer pause(all->io.get_executor());
  const auto until = steady_clock::now() + kAllGoneWithin;
  for (bool found = true; found && steady_clock::now() < until;) {
    pause.expires_after(kSweepsAfter);
    co_await pause.async_wait(net::kAwait);
    found = false;
    for (const auto pid : processes_of_the_vm()) {
      const auto mark = command_mark_of(pid);
      if (!mark || all->marks.contains(*mark) || all->owned.contains(pid)) continue;
      found = ::kill(pid, SIGKILL) == 0 || found;
    }
  }
  all->sweeps = false;
}

// Sees a process through. Its number stays taken, and its group can be killed by it, until it is reaped.
net::Task<> look_after(std::shared_ptr<Command::State> state) {
  auto& process = state->process;
  Descriptor alive(state->all->io.get_executor(), process.pidfd.release());
  co_await alive.async_wait(Descriptor::wait_read, net::kAwait);
  ::kill(-process.pid, SIGKILL);
  co_await state->end_the_rest();
  int status = 0;
  ::waitpid(process.pid, &status, 0);
  state->all->owned.erase(process.pid);
  state->all->marks.erase(state->mark);
  if (!std::exchange(state->all->sweeps, true))
    asio::co_spawn(state->all->io, sweep(state->all), asio::detached);
  state->exit_code = exit_code_of(status);
  state->ended.notify();
}

net::Task<Result<void>> wait_started(Command::State& state) {
  Descriptor report(state.all->io.get_executor(), state.process.report.release());
  std::array<char, 64> text;
  const auto [error, size] = co_await report.async_read_some(asio::buffer(text), net::kAwait);
  co_return read_launch_report({text.data(), error ? 0 : size});
}

}  // namespace

Command::Command(std::shared_ptr<State> state) : state_(std::move(state)) {}
Command::~Command() { kill(); }
void Command::kill() { signal(SIGKILL); }

pid_t Command::pid() const { return state_->process.pid; }
UniqueFd Command::take_input() { return std::move(state_->process.input); }
UniqueFd Command::take_output() { return std::move(state_->process.output); }
UniqueFd Command::take_errors() { return std::move(state_->process.errors); }
UniqueFd Command::take_terminal() { return std::move(state_->process.terminal); }
std::optional<int> Command::exit_code() const { return state_->exit_code; }

void Command::signal(int number) {
  if (!state_->exit_code) ::kill(-state_->process.pid, number);
}

net::Task<> Command::wait() {
  const auto state = state_;
  while (!state->exit_code) co_await state->ended.wait();
}

CommandUse Command::use() const {
  if (state_->exit_code) return {};
  const auto text = beneath::read("/proc", std::to_string(pid()) + "/stat", 4096);
  if (!text) return {};
  // The name before the last parenthesis may hold anything.
  const auto fields = text->substr(std::min(text->rfind(')') + 1, text->size()));
  unsigned long user = 0, system = 0;
  long pages = 0;
  if (std::sscanf(fields.c_str(),
                  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
                  &user, &system, &pages) != 3)
    return {};
  const auto ticks = static_cast<unsigned long>(::sysconf(_SC_CLK_TCK));
  return {.cpu = std::chrono::microseconds((user + system) * 1'000'000 / ticks),
          .resident_bytes = pages * ::sysconf(_SC_PAGESIZE)};
}

Commands::Commands(asio::io_context& io, VmUsers users, const Log& log)
    : all_(std::make_shared<All>(io, std::move(users), log)) {}
Commands::~Commands() = default;

const VmUsers& Commands::users() const { return all_->users; }
bool Commands::owns(pid_t pid) const { return all_->owned.contains(pid); }
std::size_t Commands::running() const { return all_->owned.size(); }

net::Task<Result<std::unique_ptr<Command>>> Commands::start(CommandSpec spec) {
  if (all_->owned.size() >= kMostAtOnce)
    co_return Error{.kind = ErrorKind::overloaded,
                    .code = "concurrency_limit",
                    .message = "128 commands run in this VM already"};
  const auto all = all_;
  WYE_CO_TRY(auto launched, launch_command(spec, ++all->last_mark));
  all->owned.insert(launched.pid);
  all->marks.insert(all->last_mark);
  auto state = std::make_shared<Command::State>(all, std::move(launched), all->last_mark);
  auto command = std::make_unique<Command>(state);  // from here on it dies when nobody waits for it
  asio::co_spawn(all->io, look_after(state), asio::detached);
  WYE_CO_CHECK(co_await wait_started(*state));
  co_return std::move(command);
}

}  // namespace wye::vm
