#include "blows.h"

#include <signal.h>

#include <algorithm>

#include "processes.h"
#include "shifted_clock.h"

namespace wye::torture {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr auto kLaunchBeginsWithin = milliseconds(500);
constexpr auto kBrowserComesWithin = std::chrono::seconds(2);
constexpr auto kEndIsSeenWithin = std::chrono::seconds(20);

double ms_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}

pid_t pick(const std::vector<pid_t>& all, int which) {
  return all.empty() ? 0 : all[static_cast<std::size_t>(which) % all.size()];
}

}  // namespace

Blows::Blows(World& world, Ledger& ledger, const Round& round, Start start)
    : world_(world), ledger_(ledger), round_(round), start_(start), thread_([this] { run(); }) {}

void Blows::finish() {
  if (thread_.joinable()) thread_.join();
  // Does this first, since other parts wait for the server, and a server that found its disk full or its
  // database away did not start.
  world_.free_disk();
  world_.mend_database();
  world_.start_server();
  for (auto& thread : beside_) thread.join();
  beside_.clear();
  ::sigqueue(world_.server_pid(), shift_signal(), {.sival_int = 0});
}

void Blows::run() {
  for (const auto& blow : round_.blows)
    agenda_.emplace(start_ + milliseconds(blow.at_ms), [this, &blow] { deal(blow); });
  while (!agenda_.empty()) {
    std::this_thread::sleep_until(agenda_.begin()->first);
    const auto next = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    next();
  }
}

void Blows::later(const PlannedBlow& blow, std::function<void()> undo) {
  agenda_.emplace(SteadyClock::now() + milliseconds(blow.for_ms), std::move(undo));
}

void Blows::note(const PlannedBlow& blow, const std::string& what) {
  world_.count(std::string("blow ") + name_of(blow.blow) + (what.empty() ? ": nothing there" : ""));
  dealt_.push_back(std::to_string(static_cast<int>(ms_since(start_))) + " ms: " + name_of(blow.blow) + " " +
                   (what.empty() ? "(nothing there)" : what));
}

pid_t Blows::victim(const PlannedBlow& blow) const {
  const auto id = ledger_.id_of(blow.browser);
  if (id.empty()) return 0;
  const auto vm = find_vm(world_.session_dir(id));
  switch (blow.blow) {
    case Blow::kill_chromium:
    case Blow::stop_chromium:
      return vm.chromium;
    case Blow::kill_renderer:
    case Blow::stop_renderer:
      return pick(vm.of_type("renderer"), blow.which);
    case Blow::kill_zygote:
      return pick(vm.of_type("zygote"), blow.which);
    case Blow::kill_gpu:
    case Blow::stop_gpu:
      return pick(vm.of_type("gpu-process"), blow.which);
    case Blow::kill_utility:
      return pick(vm.of_type("utility"), blow.which);
    case Blow::kill_network_helper:
    case Blow::stop_network_helper:
      return pick(vm.network_helpers, blow.which);
    case Blow::kill_outer:
      return vm.outer;
    default:
      return vm.agent;
  }
}

void Blows::deal(const PlannedBlow& blow) {
  switch (blow.blow) {
    case Blow::kill_server:
    case Blow::end_server:
      return down_server(blow);
    case Blow::stop_server:
      return stop(blow, world_.server_pid());
    case Blow::kill_relay:
    case Blow::stop_relay: {
      const auto relay = pick(find_relays(), blow.which);
      if (relay <= 0) return note(blow, "");
      return blow.blow == Blow::stop_relay ? stop(blow, relay) : kill(blow, relay);
    }
    case Blow::kill_launcher:
    case Blow::kill_launcher_and_server:
      return break_launch(blow);
    case Blow::fill_disk:
      world_.fill_disk();
      note(blow, "full");
      return later(blow, [this] { world_.free_disk(); });
    case Blow::shift_server_clock:
      return shift(blow, world_.server_pid());
    case Blow::kill_database:
    case Blow::stop_database:
      return strike_database(blow);
    default:
      break;
  }
  // On a slow machine a browser comes later than planned; its blow then comes some time after it.
  if (ledger_.id_of(blow.browser).empty() &&
      SteadyClock::now() < start_ + milliseconds(blow.at_ms) + kBrowserComesWithin) {
    agenda_.emplace(SteadyClock::now() + milliseconds(10 + 10 * blow.which), [this, &blow] { deal(blow); });
    return;
  }
  strike(blow);
}

void Blows::strike(const PlannedBlow& blow) {
  const auto pid = victim(blow);
  if (hurts_chromium(blow.blow)) hurt_.insert(blow.browser);
  if (pid <= 0) return note(blow, "");
  if (blow.blow == Blow::kill_agent) return kill_agent(blow, pid);
  if (blow.blow == Blow::shift_agent_clock) return shift(blow, pid);
  const bool stops = std::string_view(name_of(blow.blow)).starts_with("stop");
  stops ? stop(blow, pid) : kill(blow, pid);
}

void Blows::kill(const PlannedBlow& blow, pid_t pid) {
  ::kill(pid, SIGKILL);
  note(blow, std::to_string(pid));
}

void Blows::stop(const PlannedBlow& blow, pid_t pid) {
  if (pid <= 0) return note(blow, "");
  ::kill(pid, SIGSTOP);
  note(blow, std::to_string(pid));
  later(blow, [pid] { ::kill(pid, SIGCONT); });
}

void Blows::shift(const PlannedBlow& blow, pid_t pid) {
  if (pid <= 0 || ::sigqueue(pid, shift_signal(), {.sival_int = blow.shift_s}) != 0) return note(blow, "");
  note(blow, std::to_string(pid));
}

void Blows::strike_database(const PlannedBlow& blow) {
  world_.strike_database(blow.blow == Blow::kill_database);
  note(blow, "all of it");
  later(blow, [this] { world_.mend_database(); });
}

// Checks how soon the control plane says that the session is over: the death is an event, so it must be
// within the time in which the kernel reaps the VM. Counted only when the server ran all the time.
void Blows::kill_agent(const PlannedBlow& blow, pid_t pid) {
  const auto starts = world_.starts();
  ::kill(pid, SIGKILL);
  const auto killed = SteadyClock::now();
  note(blow, std::to_string(pid));
  beside_.emplace_back([this, starts, killed, id = ledger_.id_of(blow.browser)] {
    const auto client = world_.client();
    while (SteadyClock::now() < killed + kEndIsSeenWithin) {
      const auto answer = client.request({.path = "/browsers/" + id}, {.timeout = milliseconds(5000)});
      if (!answer || answer->status != 404) {
        std::this_thread::sleep_for(milliseconds(1));
        continue;
      }
      ledger_.over(id);
      if (world_.starts() == starts && round_.blows.size() == 1)
        world_.took("an agent's death until `ending` is shown", ms_since(killed));
      return;
    }
    ledger_.violated(id + ": its agent was killed and it is still said to live");
  });
}

void Blows::down_server(const PlannedBlow& blow) {
  note(blow, std::to_string(world_.server_pid()));
  const auto asked = SteadyClock::now();
  if (blow.blow == Blow::kill_server) {
    world_.kill_server();
  } else {
    ::kill(world_.server_pid(), SIGCONT);  // a stopped server would never notice it
    if (world_.end_server() != 0) ledger_.violated("the server did not end well");
    world_.took("SIGTERM until the server has ended", ms_since(asked));
  }
  later(blow, [this] { world_.start_server(); });
}

// Begins a create and kills its launcher once it has come this far.
void Blows::break_launch(const PlannedBlow& blow) {
  if (world_.server_pid() == 0) return note(blow, "");
  const auto before = find_launchers(world_.server_pid());
  beside_.emplace_back([this, blow] {
    const auto made =
        world_.client().browsers().create({.timeout_seconds = 600, .telemetry = {.enabled = true}});
    world_.count(made ? "broken creates answered" : "broken creates failed: " + made.error().code);
    if (made) ledger_.created(1000 + blow.at_ms, made->session_id);
  });
  const auto deadline = SteadyClock::now() + kLaunchBeginsWithin;
  while (SteadyClock::now() < deadline) {
    for (const auto launcher : find_launchers(world_.server_pid())) {
      if (std::find(before.begin(), before.end(), launcher) != before.end()) continue;
      std::this_thread::sleep_for(milliseconds(blow.which));
      const bool both = blow.blow == Blow::kill_launcher_and_server;
      if (both) world_.kill_server();
      const bool hit = ::kill(launcher, SIGKILL) == 0;
      if (both) later(blow, [this] { world_.start_server(); });
      return note(blow, hit ? std::to_string(launcher) : "");
    }
  }
  note(blow, "");
}

}  // namespace wye::torture
