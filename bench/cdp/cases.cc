#include "cases.h"

#include <sys/epoll.h>

#include <chrono>
#include <stdexcept>

#include "process_use.h"
#include "series.h"

namespace wye::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 50, kAlone = 2000, kAtOnce = 32, kInFlight = 8000, kConnections = 50, kTurns = 40;
constexpr std::size_t kLarge = 20 * 1000 * 1000;
constexpr int kEventsAtOnce = 64;

// Makes a call of 100 bytes. Chromium's first process answers it by itself; it needs no id of its own, as
// answers come in order.
std::string small_call() {
  std::string call = R"({"id":1,"method":"Browser.getVersion","params":{"pad":""}})";
  return call.insert(call.size() - 3, 100 - call.size(), 'x');
}

double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

void take_answer(WsClient& client) {
  if (!client.receive().starts_with(R"({"id":1,"result")")) throw std::runtime_error("a call failed");
}

double cpu_of(const CdpWay& way) {
  double sum = 0;
  for (const auto pid : way.processes) sum += thread_cpu_seconds(pid);
  return sum;
}

WsClient open_warm(const CdpWay& way, const std::string& call) {
  auto client = way.open(way.browser_path);
  for (int i = 0; i < kWarmUp; ++i) {
    client.send(call);
    take_answer(client);
  }
  return client;
}

}  // namespace

void measure_alone(CdpWay& way) {
  const auto call = small_call();
  auto client = open_warm(way, call);
  std::vector<double> us;
  us.reserve(kAlone);
  const auto cpu = cpu_of(way);
  for (int i = 0; i < kAlone; ++i) {
    const auto begin = Clock::now();
    client.send(call);
    take_answer(client);
    us.push_back(us_since(begin));
  }
  way.alone_cpu += cpu_of(way) - cpu;
  way.alone_messages += 2 * kAlone;
  way.alone_p50.push_back(median(us));
  way.alone_p99.push_back(percentile(us, 0.99));
}

void measure_in_flight(CdpWay& way) {
  const auto call = small_call();
  auto client = open_warm(way, call);
  const auto cpu = cpu_of(way);
  const auto begin = Clock::now();
  for (int i = 0; i < kAtOnce; ++i) client.send(call);
  for (int i = 0; i < kInFlight; ++i) {
    take_answer(client);
    if (i + kAtOnce < kInFlight) client.send(call);
  }
  way.in_flight.push_back(kInFlight * 1e6 / us_since(begin));
  way.in_flight_cpu += cpu_of(way) - cpu;
  way.in_flight_messages += 2 * kInFlight;
}

void measure_large(CdpWay& way) {
  std::string call = R"({"id":1,"method":"Runtime.evaluate","params":{"returnByValue":true,"expression":"')";
  call.append(kLarge, 'x').append(R"('"}})");
  auto client = way.open(way.page_path);
  const auto begin = Clock::now();
  client.send(call);
  const auto answer = client.receive();
  const auto us = us_since(begin);
  if (answer.size() < kLarge)
    throw std::runtime_error("a large call failed: " + std::string(answer.substr(0, 200)));
  way.large.push_back(2.0 * kLarge / us);  // bytes a µs
}

void measure_many(CdpWay& way) {
  const auto call = small_call();
  struct Caller {
    WsClient client;
    Clock::time_point began;
    int left = kTurns;
  };
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<Caller> callers;
  for (std::size_t i = 0; i < kConnections; ++i) {
    callers.push_back({.client = way.open(way.browser_path), .began = {}});
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, callers[i].client.fd(), &event);
  }
  std::vector<double> us;
  us.reserve(kConnections * kTurns);
  const auto ask = [&](Caller& caller) {
    --caller.left;
    caller.began = Clock::now();
    caller.client.send(call);
  };
  const auto begin = Clock::now();
  for (auto& caller : callers) ask(caller);
  epoll_event events[kEventsAtOnce];
  while (us.size() < kConnections * kTurns) {
    const int count = ::epoll_wait(epoll.get(), events, kEventsAtOnce, 30'000);
    if (count <= 0) throw std::runtime_error("no answer for 30 s");
    for (int i = 0; i < count; ++i) {
      auto& caller = callers[events[i].data.u64];
      take_answer(caller.client);
      us.push_back(us_since(caller.began));
      if (caller.left > 0) ask(caller);
    }
  }
  way.many.push_back(static_cast<double>(us.size()) * 1e6 / us_since(begin));
  way.many_p50.push_back(median(us));
  way.many_p99.push_back(percentile(us, 0.99));
}

std::string make_page(const CdpWay& way) {
  auto client = way.open(way.browser_path);
  client.send(R"({"id":1,"method":"Target.createTarget","params":{"url":"about:blank"}})");
  constexpr std::string_view kId = R"("targetId":")";
  const std::string answer(client.receive());
  const auto at = answer.find(kId);
  if (at == std::string::npos) throw std::runtime_error("no page: " + answer);
  return answer.substr(at + kId.size(), answer.find('"', at + kId.size()) - at - kId.size());
}

}  // namespace wye::bench
