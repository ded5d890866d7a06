#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "child.h"
#include "load.h"
#include "metro/metro.h"
#include "net/socket_address.h"
#include "series.h"
#include "tiny_upstream.h"

// Measures the metro against nginx, both with one worker in front of the same upstream on a unix socket, in
// turns on the same machine. Only ratios mean something. usage: metro_bench [seconds a run = 2] [rounds = 5]
// [only: metro|nginx]
namespace wye::bench {
namespace {

constexpr std::size_t kAnswerBytes = 300;
const std::string kSession = "abcdefghijklmnopqrstuvwx";

std::uint16_t free_port() { return net::open_tcp_listener("127.0.0.1", 0, false).value().port; }

void exec_nginx(const std::string& dir, const std::string& socket, std::uint16_t port) {
  const auto config = dir + "/nginx.conf";
  std::ofstream(config)
      << "daemon off; master_process off; worker_processes 1; pid " << dir << "/nginx.pid; error_log " << dir
      << "/error.log;\nevents { worker_connections 1024; }\nhttp { access_log off; keepalive_requests "
         "1000000000; "
      << "client_body_temp_path " << dir << "/b; proxy_temp_path " << dir << "/p; fastcgi_temp_path " << dir
      << "/f; uwsgi_temp_path " << dir << "/u; scgi_temp_path " << dir
      << "/s;\nupstream agent { server unix:" << socket
      << "; keepalive 64; keepalive_requests 1000000000; }\nserver { listen 127.0.0.1:" << port
      << "; location / { proxy_pass http://agent; proxy_http_version 1.1; proxy_set_header Connection \"\"; "
      << "proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; "
      << "proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Request-Id $request_id; "
         "proxy_buffering off; } } }\n";
  ::execl("/usr/sbin/nginx", "nginx", "-c", config.c_str(), "-e", (dir + "/error.log").c_str(), nullptr);
}

void run_metro(const std::string& socket, std::uint16_t port, const metro::TokenVerifier& tokens) {
  const SystemClock clock;
  const Log log;
  metro::SessionDirectory directory(clock);
  directory.add(kSession, metro::SessionState::live, net::Endpoint::unix_socket(socket),
                std::chrono::seconds(3600));
  metro::MetroOptions options;
  options.port = port;
  options.threads = 1;
  metro::Metro gateway(directory, tokens, log, clock, options);
  if (!gateway.start()) ::_exit(2);
  while (true) ::pause();
}

void wait_until_served(std::uint16_t port, const std::string& request) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    try {
      if (run_load(port, request, kAnswerBytes, 1, 0.01).failures == 0) return;
    } catch (const std::exception&) {
    }
    ::usleep(20'000);
  }
  std::cerr << "a proxy does not serve\n";
  std::exit(1);
}

struct Series {
  std::vector<double> per_second, p50, p99, cpu_us;
  void add(const LoadResult& run, double cpu_seconds) {
    per_second.push_back(run.per_second());
    p50.push_back(run.percentile_us(0.50));
    p99.push_back(run.percentile_us(0.99));
    cpu_us.push_back(cpu_seconds * 1e6 / static_cast<double>(run.requests));
  }
};

void print(unsigned connections, const char* name, const Series& series) {
  std::printf("c=%-3u %-6s %9.0f requests/s   p50 %7.1f us   p99 %7.1f us   CPU %5.2f us a request\n",
              connections, name, median(series.per_second), median(series.p50), median(series.p99),
              median(series.cpu_us));
}

int run(double seconds, int rounds, const std::string& only) {
  char pattern[] = "/tmp/wye-bench-XXXXXX";
  const std::string dir = ::mkdtemp(pattern);
  ::chmod(dir.c_str(), 0755);
  const std::string socket = dir + "/agent";
  const auto listener = net::open_unix_listener(socket).value();
  ::chmod(socket.c_str(), 0666);
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Wye-Source: agent\r\nContent-Length: " +
      std::to_string(kAnswerBytes) + "\r\n\r\n" + std::string(kAnswerBytes, 'x');
  const metro::TokenVerifier tokens("a secret of the benchmark's");
  metro::TokenClaims claims;
  claims.session_id = kSession;
  claims.exp = 4'000'000'000;
  const std::string request =
      "GET /browser/kernel/" + kSession + "/telemetry?jwt=" + tokens.sign(claims) +
      " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: wye-bench\r\nAccept: application/json\r\n\r\n";
  const auto metro_port = free_port();
  const auto nginx_port = free_port();
  {
    const Child upstream([&] { run_tiny_upstream(listener.get(), answer); });
    const Child nginx([&] { exec_nginx(dir, socket, nginx_port); });
    const Child gateway([&] { run_metro(socket, metro_port, tokens); });
    if (only != "nginx") wait_until_served(metro_port, request);
    if (only != "metro") wait_until_served(nginx_port, request);
    for (const unsigned connections : {1U, 32U}) {
      Series metro_runs;
      Series nginx_runs;
      const auto measure = [&](Series& series, const Child& child, std::uint16_t port) {
        const auto before = child.cpu_seconds();
        const auto result = run_load(port, request, kAnswerBytes, connections, seconds);
        if (result.failures > 0)
          std::fprintf(stderr, "%lu wrong answers\n", static_cast<unsigned long>(result.failures));
        series.add(result, child.cpu_seconds() - before);
      };
      for (int round = 0; round < rounds; ++round) {
        // Alternates which one runs first, since the machine's speed drifts.
        for (const bool first : {true, false}) {
          const bool metro_now = first == (round % 2 == 0);
          if (metro_now && only != "nginx") measure(metro_runs, gateway, metro_port);
          if (!metro_now && only != "metro") measure(nginx_runs, nginx, nginx_port);
        }
      }
      print(connections, "metro", metro_runs);
      print(connections, "nginx", nginx_runs);
      std::printf(
          "c=%-3u metro/nginx: requests/s %.2f   p50 %.2f   p99 %.2f   CPU %.2f   (medians of %d rounds)\n",
          connections, median(ratios(metro_runs.per_second, nginx_runs.per_second)),
          median(ratios(metro_runs.p50, nginx_runs.p50)), median(ratios(metro_runs.p99, nginx_runs.p99)),
          median(ratios(metro_runs.cpu_us, nginx_runs.cpu_us)), rounds);
    }
  }
  return std::system(("rm -r " + dir).c_str());
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  return wye::bench::run(argc > 1 ? std::atof(argv[1]) : 2, argc > 2 ? std::atoi(argv[2]) : 5,
                         argc > 3 ? argv[3] : "");
}
