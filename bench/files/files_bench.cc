// Measures a large file on its way into a VM and out of it, straight to the VM, beside nginx in front of an
// nginx that has the file, in turns; and nginx in front of the same agent, which shows what the metro and the
// agent cost each. Then watches 10,000 changes. Needs root, to see the agent's memory. usage: WYE_BIN=…
// files_bench [MiB = 960] [rounds = 5]
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <string>

#include "../../tests/flow/live/serve_process.h"
#include "child.h"
#include "net/socket_address.h"
#include "process_use.h"
#include "series.h"
#include "transfer.h"
#include "wye/client.h"

namespace wye::bench {
namespace {

constexpr int kChanges = 10'000;
const std::string kFile = "/home/kernel/bench-file";

// Both are given what makes them fast with large bodies.
void exec_nginx(const std::string& dir, const std::string& server) {
  ::mkdir(dir.c_str(), 0755);
  std::ofstream(dir + "/nginx.conf")
      << "daemon off; master_process off; worker_processes 1; pid " << dir << "/nginx.pid; error_log " << dir
      << "/error.log;\nevents { worker_connections 1024; }\nhttp { access_log off; client_max_body_size 0; "
         "client_body_buffer_size 256k; sendfile on; sendfile_max_chunk 2m; client_body_temp_path "
      << dir << "/b; proxy_temp_path " << dir << "/p; fastcgi_temp_path " << dir << "/f; uwsgi_temp_path "
      << dir << "/u; scgi_temp_path " << dir << "/s;\n"
      << server << "\n}\n";
  ::execl("/usr/sbin/nginx", "nginx", "-c", (dir + "/nginx.conf").c_str(), "-e", (dir + "/error.log").c_str(),
          nullptr);
}

std::string front_of(const std::string& socket, std::uint16_t port) {
  return "upstream behind { server unix:" + socket +
         "; keepalive 8; }\nserver { listen 127.0.0.1:" + std::to_string(port) +
         "; location / { proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection \"\"; "
         "proxy_request_buffering off; proxy_max_temp_file_size 0; proxy_buffer_size 64k; proxy_buffers 16 "
         "64k; proxy_busy_buffers_size 256k; } }";
}

std::int64_t status_kib(pid_t pid, const std::string& field) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
  return 0;
}
void forget_peak(pid_t pid) { std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5"; }

struct Way {
  const char* name;
  Place place;
  std::string put, get;
  std::function<void()> remove;
  std::vector<double> up, down;  // MB/s
};

void print(const std::vector<Way>& ways, const char* what, std::vector<double> Way::*series, int rounds) {
  for (const auto& way : ways)
    std::printf("files: %-8s %-16s %7.0f MB/s\n", what, way.name, median(way.*series));
  for (std::size_t other = 1; other < ways.size(); ++other)
    std::printf("files: %-8s %s/%s %.2f   (median of %d rounds)\n", what, ways[0].name, ways[other].name,
                median(ratios(ways[0].*series, ways[other].*series)), rounds);
}

// Returns how many events a piece of the stream tells, or says were lost.
struct Told {
  std::string rest;
  int events = 0, lost = 0;
  bool add(std::string_view piece) {
    rest += piece;
    for (std::size_t end; (end = rest.find("\n\n")) != std::string::npos; rest.erase(0, end + 2)) {
      const auto frame = std::string_view(rest).substr(0, end);
      if (const auto at = frame.find(": dropped "); at != std::string_view::npos)
        lost += std::atoi(std::string(frame.substr(at + 10)).c_str());
      else if (frame.find("data: ") != std::string_view::npos)
        ++events;
    }
    return events + lost < kChanges;
  }
};

void watch(const Place& place, pid_t agent) {
  (void)call(place, "PUT", "/fs/create_directory", R"({"path":"/home/kernel/watched"})");
  const auto answer = call(place, "POST", "/fs/watch", R"({"path":"/home/kernel/watched"})");
  const auto id = answer.substr(answer.find(":\"") + 2, answer.rfind('"') - answer.find(":\"") - 2);
  const auto before = status_kib(agent, "VmRSS");
  forget_peak(agent);
  Told told;
  auto reader = std::async(std::launch::async, [&] {
    follow(place, "/fs/watch/" + id + "/events", [&](std::string_view piece) { return told.add(piece); });
  });
  const auto begin = std::chrono::steady_clock::now();
  (void)call(place, "POST", "/process/exec",
             R"({"command":"perl","args":["-e","for (1..)" + std::to_string(kChanges) +
                 R"() { open(F, \">/home/kernel/watched/$_\") or die }"]})");
  const auto made = std::chrono::steady_clock::now();
  reader.get();
  const std::chrono::duration<double, std::milli> making = made - begin,
                                                  telling = std::chrono::steady_clock::now() - begin;
  std::printf(
      "files: watch    %d changes made in %.0f ms and told after %.0f ms: %d events, %d said to be lost; the "
      "agent's memory grew by %.1f MiB at most\n",
      kChanges, making.count(), telling.count(), told.events, told.lost,
      static_cast<double>(status_kib(agent, "VmHWM") - before) / 1024);
}

int run(std::uint64_t bytes, int rounds) {
  std::string pattern = "/dev/shm/wye-bench-XXXXXX";
  const std::string dir = ::mkdtemp(pattern.data());
  const auto port = [] { return net::open_tcp_listener("127.0.0.1", 0, false).value().port; };
  live::ServeProcess server({});
  const Client client({.api_key = server.api_key(), .base_url = server.base_url()});
  const auto browser = client.browsers().create({.headless = true, .timeout_seconds = 600}).value();
  const auto jwt = browser.cdp_ws_url.substr(browser.cdp_ws_url.find("jwt=") + 4);
  const auto& base = browser.base_url.value();
  const auto origin_end = base.find('/', 8);
  const auto agent_socket = server.data_dir() + "/sessions/" + browser.session_id + "/agent.sock";
  const auto agent = live::find_agent(server, browser.session_id);

  const auto behind = dir + "/behind.sock";
  const auto front_port = port(), agent_port = port();
  const Child back([&] {
    exec_nginx(dir + "/back", "server { listen unix:" + behind + "; root " + dir + "; dav_methods PUT; }");
  });
  const Child front([&] { exec_nginx(dir + "/front", front_of(behind, front_port)); });
  const Child before_agent([&] { exec_nginx(dir + "/agent", front_of(agent_socket, agent_port)); });

  const Place direct{static_cast<std::uint16_t>(std::stoi(base.substr(base.rfind(':', origin_end) + 1))),
                     base.substr(origin_end), "Authorization: Bearer " + jwt + "\r\n"};
  const auto in_vm = [&] { (void)call(direct, "PUT", "/fs/delete_file", R"({"path":")" + kFile + "\"}"); };
  const auto put = "/fs/write_file?path=" + kFile, get = "/fs/read_file?path=" + kFile;
  std::vector<Way> ways{{"wye", direct, put, get, in_vm, {}, {}},
                        {"nginx+nginx",
                         {front_port, "", ""},
                         "/file",
                         "/file",
                         [&] { ::unlink((dir + "/file").c_str()); },
                         {},
                         {}},
                        {"nginx+agent", {agent_port, "", ""}, put, get, in_vm, {}, {}}};

  const auto rss = status_kib(agent, "VmRSS"), metro_rss = status_kib(server.pid(), "VmRSS");
  forget_peak(agent);
  forget_peak(server.pid());
  for (int round = 0; round <= rounds; ++round)
    for (std::size_t turn = 0; turn < ways.size(); ++turn) {
      // Another one is first each time, since the machine's speed drifts.
      auto& way = ways[(turn + static_cast<std::size_t>(round)) % ways.size()];
      const auto up = upload(way.place, way.put, bytes), down = download(way.place, way.get, bytes);
      way.remove();
      if (round == 0) continue;  // warms up
      way.up.push_back(static_cast<double>(bytes) / up / 1e6);
      way.down.push_back(static_cast<double>(bytes) / down / 1e6);
    }
  std::printf("files: one file of %.0f MiB, one connection\n", static_cast<double>(bytes) / (1 << 20));
  print(ways, "upload", &Way::up, rounds);
  print(ways, "download", &Way::down, rounds);
  std::printf("files: memory grew at most by %.1f MiB in the agent and %.1f MiB in the server\n",
              static_cast<double>(status_kib(agent, "VmHWM") - rss) / 1024,
              static_cast<double>(status_kib(server.pid(), "VmHWM") - metro_rss) / 1024);
  watch(direct, agent);
  (void)client.browsers().remove(browser.session_id);
  std::filesystem::remove_all(dir);
  return 0;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  try {
    const auto mib = static_cast<std::uint64_t>(argc > 1 ? std::atoi(argv[1]) : 960);
    return wye::bench::run(mib << 20, argc > 2 ? std::atoi(argv[2]) : 5);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
