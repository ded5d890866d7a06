#include "scenarios.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

#include "process_use.h"

namespace wye::load {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);
constexpr int kOpenAtOnce = 200;  // connections being made; a listener's backlog is bounded

// Counts the slabs and socket buffers of the whole machine.
double kernel_bytes() {
  std::ifstream meminfo("/proc/meminfo"), sockets("/proc/net/sockstat");
  const std::string text((std::istreambuf_iterator<char>(meminfo)), {});
  const std::string net((std::istreambuf_iterator<char>(sockets)), {});
  const auto slab = text.find("\nSlab:"), mem = net.find(" mem ", net.find("TCP:"));
  return (slab == std::string::npos ? 0.0 : std::atof(text.c_str() + slab + 6) * 1024) +
         (mem == std::string::npos ? 0.0 : std::atof(net.c_str() + mem + 5) * 4096);
}

bool is_healthy(Loop& loop, const Server& server) {
  for (const auto port : {server.control_port, server.metro_port})
    if (ask_once(loop, port, api_request("GET", "/healthz", "")).status != 200) return false;
  return true;
}

std::string one_event(std::size_t strings) {
  std::string body = R"({"type":"load","category":"control","data":[)";
  for (std::size_t i = 0; i < strings; ++i) body += (i > 0 ? ",\"" : "\"") + std::string(4'000, 'x') + "\"";
  return body + "]}";
}

}  // namespace

IdleResult hold_idle_connections(const Server& server, std::uint16_t port, int count) {
  Loop loop;
  IdleResult result;
  const auto files_before = bench::open_files(server.pid);
  const auto bytes_before = bench::pss_bytes(server.pid);
  const auto kernel_before = kernel_bytes();
  {
    std::vector<std::unique_ptr<Caller>> callers;
    int answered = 0;
    const auto open_one = [&] {
      auto& caller = *callers.emplace_back(std::make_unique<Caller>(loop, port));
      caller.on_reply = [&](const Reply& reply) {
        ++answered;
        if (reply.status == 503) ++result.turned_away;
      };
      caller.ask(api_request("GET", "/healthz", ""));
    };
    while (answered < count) {
      while (static_cast<int>(callers.size()) < std::min(count, answered + kOpenAtOnce)) open_one();
      const int before = answered;
      if (!loop.run_until([&] { return answered > before; }, Clock::now() + kPatience)) break;
    }
    result.healthy = is_healthy(loop, server);
    for (const auto& caller : callers) result.kept += caller->connected() ? 1 : 0;
    const auto each = static_cast<double>(std::max<std::int64_t>(1, result.kept));
    result.bytes_each = static_cast<double>(bench::pss_bytes(server.pid) - bytes_before) / each;
    result.kernel_bytes_each = (kernel_bytes() - kernel_before) / each;
  }
  const auto left = [&] { return bench::open_files(server.pid) - files_before; };
  for (const auto until = Clock::now() + kPatience; left() > 0 && Clock::now() < until;)
    loop.run_for(std::chrono::milliseconds(10));
  result.left_open = left();
  return result;
}

FanOutResult fan_out(const VmAddress& vm, int subscribers, double per_second, std::int64_t count) {
  constexpr int kSampled = 20;  // subscribers whose every event is timed
  Loop loop;
  FanOutResult result;
  std::vector<std::unique_ptr<Subscriber>> all;
  for (int i = 0; i < subscribers; ++i) {
    all.push_back(std::make_unique<Subscriber>(loop, vm, i < kSampled ? &result.behind_ms : nullptr));
    if (i % kOpenAtOnce == kOpenAtOnce - 1)
      loop.run_until([&] { return all.back()->status() != 0; }, Clock::now() + kPatience);
  }
  const auto every = [&](auto&& holds) {
    return std::all_of(all.begin(), all.end(), [&](const auto& one) { return holds(*one); });
  };
  loop.run_until([&] { return every([](auto& one) { return one.status() != 0; }); },
                 Clock::now() + kPatience);
  for (const auto& one : all) result.connected += one->status() == 200 ? 1 : 0;
  const auto begin = Clock::now();
  EventSource source(vm, per_second, count);
  const auto whole = [&](auto& one) {
    return one.ended() || one.seen().events() + one.seen().missing() >= count;
  };
  const auto patience =
      kPatience + std::chrono::seconds(static_cast<long>(static_cast<double>(count) / per_second * 5));
  loop.run_until([&] { return every(whole); }, begin + patience);
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const auto made = source.finish();
  for (const auto& one : all) {
    result.events += one->seen().events();
    result.missing += one->seen().missing();
    result.disordered += one->seen().disordered();
    result.complete += one->seen().events() == made && one->seen().missing() == 0 && made == count ? 1 : 0;
  }
  return result;
}

Outcome ask_at_once(const VmAddress& vm, int connections, int rounds) {
  Loop loop;
  Outcome outcome;
  std::vector<std::unique_ptr<Caller>> callers;
  int answered = 0;
  for (int i = 0; i < connections; ++i) {
    auto& caller = *callers.emplace_back(std::make_unique<Caller>(loop, vm.port));
    caller.on_reply = [&](const Reply& reply) {
      ++answered;
      outcome.add(reply);
    };
  }
  const auto request = vm.request("GET", "telemetry");
  for (int round = 0; round < rounds; ++round) {
    answered = 0;
    for (auto& caller : callers) caller->ask(request);
    if (loop.run_until([&] { return answered == connections; }, Clock::now() + kPatience)) continue;
    outcome.bad += connections - answered;
    outcome.first_bad = "no answer in time";
    break;
  }
  return outcome;
}

ChurnResult churn_metadata(const Server& server, const std::vector<std::string>& ids, int connections,
                           int updates_each) {
  Loop loop;
  ChurnResult result;
  const auto begin = Clock::now();
  // Each browser is updated from one connection, so that the order of its updates is known; the others read.
  std::vector<int> updates(ids.size(), 0);
  std::vector<int> asked(static_cast<std::size_t>(connections), 0);
  const auto request = [&](int connection) {
    const auto at = static_cast<std::size_t>(connection);
    const auto turn = asked[at]++;
    const auto browser = at % ids.size();
    const bool updates_it = at < ids.size();
    if (updates_it && turn % 2 == 0) {
      const auto value = std::to_string(++updates[browser]);
      return api_request("PATCH", "/browsers/" + ids[browser], server.api_key,
                         "{\"tags\":{\"n\":\"" + value + "\"}}");
    }
    if (turn % 3 == 0) return api_request("GET", "/browsers?limit=100", server.api_key);
    return api_request("GET", "/browsers/" + ids[(browser + static_cast<std::size_t>(turn)) % ids.size()],
                       server.api_key);
  };
  result.outcome =
      ask_all(loop, server.control_port, request, connections, updates_each * 2, begin + 5 * kPatience);
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  for (std::size_t i = 0; i < ids.size() && i < asked.size(); ++i) {
    const auto seen =
        ask_once(loop, server.control_port, api_request("GET", "/browsers/" + ids[i], server.api_key));
    const auto wanted = "\"tags\":{\"n\":\"" + std::to_string(updates[i]) + "\"}";
    if (seen.body.find(wanted) == std::string::npos) ++result.lost_updates;
  }
  return result;
}

SlowResult beside_slow_clients(const Server& server, const VmAddress& vm, int readers, int writers,
                               int quick_requests) {
  constexpr int kQuick = 8, kLargeEvents = 7, kMoreEvents = 1300;
  constexpr std::size_t kStrings = 190;  // of 4,000 bytes in one event
  constexpr auto kDrip = std::chrono::milliseconds(50);
  Loop loop;
  SlowResult result;
  for (int i = 0; i < kLargeEvents; ++i)
    ask_once(loop, vm.port, vm.request("POST", "telemetry/events", {}, one_event(kStrings)));
  const auto quick = [&](int) { return vm.request("GET", "telemetry"); };
  result.alone = ask_all(loop, vm.port, quick, kQuick, quick_requests, Clock::now() + kPatience);

  WireOptions small;
  small.receive_buffer = 4 * 1024;
  // Subscribes first, because the agent is busy once clients ask for large pages.
  Subscriber sleeper(loop, vm, nullptr, small);
  loop.run_until([&] { return sleeper.status() != 0; }, Clock::now() + kPatience);
  sleeper.wire().read(false);
  result.subscriber_status = sleeper.status();

  const auto bytes_before = bench::pss_bytes(server.pid);
  std::vector<std::unique_ptr<Wire>> slow_readers, slow_writers;
  for (int i = 0; i < readers; ++i) {
    auto& wire = *slow_readers.emplace_back(std::make_unique<Wire>(loop, vm.port, small));
    wire.send(vm.request("GET", "telemetry/events?limit=100&offset=1"));
    wire.read(false);
  }
  for (int i = 0; i < writers; ++i) {
    auto& wire = *slow_writers.emplace_back(std::make_unique<Wire>(loop, vm.port));
    auto request = vm.request("POST", "telemetry/events", {}, one_event(10));
    request.resize(request.size() / 2);
    wire.send(request);
  }
  std::function<void()> drip = [&] {
    for (const auto& wire : slow_writers) wire->send("x");
    loop.at(Clock::now() + kDrip, drip);
  };
  loop.at(Clock::now() + kDrip, drip);
  result.beside = ask_all(loop, vm.port, quick, kQuick, quick_requests, Clock::now() + kPatience);
  // More bytes than the ring and all buffers hold, so that the sleeping subscriber loses some.
  const auto more = [&](int) { return vm.request("POST", "telemetry/events", {}, one_event(1)); };
  // The agent accepts them as fast as its budget for posted events allows.
  const auto patience = Clock::now() + kPatience;
  for (int told = 0; told < kMoreEvents && Clock::now() < patience;) {
    told += static_cast<int>(ask_all(loop, vm.port, more, kQuick, 25, patience).good);
    loop.run_for(std::chrono::milliseconds(50));
  }
  for (const auto& wire : slow_readers) result.readers += wire->is_open() ? 1 : 0;
  for (const auto& wire : slow_writers) result.writers += wire->is_open() ? 1 : 0;
  result.bytes_each =
      static_cast<double>(bench::pss_bytes(server.pid) - bytes_before) / (readers + writers + 1);
  result.unread_bytes_each = kLargeEvents * static_cast<double>(kStrings) * 4'000;
  sleeper.wire().read(true);
  const auto last = [&] {
    const auto state = ask_once(loop, vm.port, vm.request("GET", "telemetry"));
    return number_in(state.body, "\"seq\":");
  }();
  loop.run_until([&] { return sleeper.ended() || sleeper.seen().last_seq() >= last; },
                 Clock::now() + kPatience);
  result.subscriber_lost = sleeper.seen().missing();
  return result;
}

}  // namespace wye::load
