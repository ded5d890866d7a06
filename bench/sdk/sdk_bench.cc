// Measures one small direct read through the SDK, against the same bytes through a bare reused libcurl handle
// and through the official Node SDK, in turns in one run. usage: sdk_bench [calls a round = 500] [rounds =
// 60] [node_sdk.mjs]
#include <curl/curl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "child.h"
#include "net/socket_address.h"
#include "series.h"
#include "tiny_upstream.h"
#include "wye/client.h"

namespace wye::bench {
namespace {

constexpr int kNodeRounds = 3;
constexpr int kNodeCalls = 5000;
const std::string kSession = "abcdefghijklmnopqrstuvwx";
const std::string kToken =
    "aaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.cccccccccccccccccccccccccccc";
const std::string kEvents =
    R"([{"seq":1,"event":{"ts":1790000000000000,"type":"api_call","category":"control","source":{"kind":"kernel_api"},)"
    R"("data":{"operation_id":"browserCurl","method":"POST","path":"/curl","status":200,"duration_us":1234}}}])";

std::string answer(const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Has-More: false\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Cost {
  double wall_us = 0;
  double cpu_us = 0;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class Call>
Cost measure(int calls, const Call& call) {
  for (int i = 0; i < calls / 10; ++i) call();
  const auto cpu = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) call();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return {wall.count() * 1e6 / calls, (cpu_seconds() - cpu) * 1e6 / calls};
}

[[noreturn]] void fail(const std::string& what) {
  std::cerr << what << '\n';
  std::exit(1);
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

/// A program that uses nothing but libcurl: one kept handle, and the body in a string.
class BareCurl {
 public:
  explicit BareCurl(const std::string& url) : handle_(curl_easy_init()) {
    headers_ = curl_slist_append(headers_, "Accept: application/json");
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &body_);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, 60'000L);
  }
  ~BareCurl() {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(handle_);
  }
  BareCurl(const BareCurl&) = delete;
  BareCurl& operator=(const BareCurl&) = delete;
  void get() {
    body_.clear();
    if (curl_easy_perform(handle_) != CURLE_OK || body_ != kEvents) fail("libcurl got a wrong answer");
  }

 private:
  CURL* handle_;
  curl_slist* headers_ = nullptr;
  std::string body_;
};

// The Node program measures itself after a warm-up, so that its start does not count.
Cost run_node(const std::string& script, const std::string& base_url, int calls) {
  ::setenv("KERNEL_BROWSER_ROUTING_SUBRESOURCES", "curl,telemetry", 1);
  const auto command = "node '" + script + "' " + base_url + " " + kSession + " " + std::to_string(calls);
  FILE* out = ::popen(command.c_str(), "r");
  Cost cost;
  const bool read = out != nullptr && std::fscanf(out, "%lf %lf", &cost.wall_us, &cost.cpu_us) == 2;
  if (out == nullptr || ::pclose(out) != 0 || !read) fail("the Node SDK's side did not run: " + command);
  return cost;
}

struct Series {
  std::vector<double> wall, cpu;
  void add(const Cost& cost) {
    wall.push_back(cost.wall_us);
    cpu.push_back(cost.cpu_us);
  }
};

void print(const char* name, const Series& series, const Series& bare) {
  std::printf("sdk: %-28s wall %7.1f us   CPU %7.1f us a call", name, median(series.wall),
              median(series.cpu));
  if (!bare.wall.empty())
    std::printf("   of libcurl's: wall %.2f   CPU %.2f", median(ratios(series.wall, bare.wall)),
                median(ratios(series.cpu, bare.cpu)));
  std::printf("\n");
}

int run(int calls, int rounds, const std::string& node_script) {
  const auto vm = net::open_tcp_listener("127.0.0.1", 0, false).value();
  const auto vm_url = "http://127.0.0.1:" + std::to_string(vm.port) + "/browser/kernel";
  const auto control = net::open_tcp_listener("127.0.0.1", 0, false).value();
  const auto base_url = "http://127.0.0.1:" + std::to_string(control.port);
  const auto browser =
      R"({"session_id":")" + kSession +
      R"(","created_at":"2026-01-01T00:00:00Z","cdp_ws_url":"ws://127.0.0.1:1/?jwt=)" + kToken +
      R"(","webdriver_ws_url":"","headless":true,"stealth":false,"timeout_seconds":60,"memory":"1GiB",)" +
      R"("region":"local","base_url":")" + vm_url + R"("})";
  const Child vm_process([&] { run_tiny_upstream(vm.fd.get(), answer(kEvents)); });
  const Child control_process([&] { run_tiny_upstream(control.fd.get(), answer(browser)); });

  ClientOptions options;
  options.api_key = "sk_benchmark";
  options.base_url = base_url;
  const Client client(options);
  if (!client.browsers().retrieve(kSession)) fail("the browser was not learned");
  Request request;
  request.path = "/browsers/" + kSession + "/telemetry/events?limit=1";
  BareCurl bare(vm_url + "/telemetry/events?limit=1&jwt=" + kToken);

  const auto typed = [&] {
    auto events = client.telemetry().events(kSession, {.limit = 1, .offset = 1});
    int count = 0;
    for (auto& event : events) count += event.value().seq == 1 ? 1 : -1;
    if (count != 1) fail("libwye read wrong events");
  };
  Series bare_runs;
  Series raw_runs;
  Series typed_runs;
  Series typed_beside_node;
  Series node_runs;
  // Runs many short rounds: the scheduler's placement of the two processes changes all figures by half, and
  // changes every second.
  for (int round = 0; round < rounds; ++round) {
    bare_runs.add(measure(calls, [&] { bare.get(); }));
    raw_runs.add(measure(calls, [&] {
      const auto got = client.request(request);
      if (!got || got->body != kEvents || got->route.via != wye::Via::direct)
        fail("libwye got a wrong answer");
    }));
    typed_runs.add(measure(calls, typed));
  }
  for (int round = 0; round < kNodeRounds; ++round) {
    typed_beside_node.add(measure(kNodeCalls, typed));
    node_runs.add(run_node(node_script, base_url, kNodeCalls));
  }
  std::printf("sdk: one direct read on a kept connection, medians of %d rounds of %d calls\n", rounds, calls);
  print("libcurl, one bare handle", bare_runs, bare_runs);
  print("libwye request()", raw_runs, bare_runs);
  print("libwye telemetry().events()", typed_runs, bare_runs);
  print("@onkernel/sdk events()", node_runs, {});
  std::printf("sdk: libwye's typed call / Node SDK's: wall %.3f   CPU %.3f\n",
              median(ratios(typed_beside_node.wall, node_runs.wall)),
              median(ratios(typed_beside_node.cpu, node_runs.cpu)));
  return 0;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  return wye::bench::run(argc > 1 ? std::atoi(argv[1]) : 500, argc > 2 ? std::atoi(argv[2]) : 60,
                         argc > 3 ? argv[3] : "bench/sdk/node_sdk.mjs");
}
