// A process in the place of a VM and its agent, for tests of what owns one: it answers what its host asks and
// writes a spool, as its script has it. `scripted_agent [WORD…]`: descriptor 3 listens, 4 is the spool.
//
//   events=N      writes N events before it accepts
//   never-ready   leaves GET /healthz unanswered
//   dies-at-once  ends itself when GET /healthz comes
//   hangs         leaves POST /ending unanswered
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "events/make_record.h"
#include "events/spool.h"

namespace {

using wye::UniqueFd;

constexpr int kListenFd = 3, kSpoolFd = 4;

class Agent {
 public:
  explicit Agent(std::set<std::string> script)
      : script_(std::move(script)), spool_(wye::events::SpoolWriter::open(kSpoolFd).value()) {
    for (const auto& word : script_)
      if (word.starts_with("events="))
        for (int left = std::atoi(word.c_str() + 7); left > 0; --left) tell("made");
  }

  void serve() {
    for (;;) {
      std::vector<pollfd> waited{{kListenFd, POLLIN, 0}};
      for (const auto& client : clients_) waited.push_back({client.get(), POLLIN, 0});
      if (::poll(waited.data(), waited.size(), -1) < 0) return;
      for (std::size_t i = 1; i < waited.size(); ++i)
        if (waited[i].revents != 0) hear(clients_[i - 1]);
      std::erase_if(clients_, [](const UniqueFd& client) { return !client; });
      if (waited[0].revents != 0) clients_.emplace_back(::accept4(kListenFd, nullptr, nullptr, SOCK_CLOEXEC));
    }
  }

 private:
  void tell(const char* type) {
    ++seq_;
    (void)spool_.append(wye::events::make_record(
        seq_, {.ts = seq_, .type = type, .category = "control", .source = {.kind = "local_process"}}));
  }

  // Reads a request of its host, which is small and comes in one piece.
  void hear(UniqueFd& client) {
    std::array<char, 4096> piece;
    const auto got = ::recv(client.get(), piece.data(), piece.size(), 0);
    if (got <= 0) return client.reset();
    const std::string head(piece.data(), static_cast<std::size_t>(got));
    const auto asks = [&](const char* line) { return head.starts_with(line); };
    if (asks("GET /server ")) return;  // stays open
    if (asks("GET /healthz ") && script_.contains("dies-at-once")) std::_Exit(1);
    if (asks("GET /healthz ") && script_.contains("never-ready")) return;
    if (asks("POST /ending ")) {
      if (script_.contains("hangs")) return;
      tell("ending");
    }
    if (asks("POST /telemetry/events ")) tell("posted");
    constexpr std::string_view kAnswer =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    (void)::send(client.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    client.reset();
  }

  const std::set<std::string> script_;
  wye::events::SpoolWriter spool_;
  std::int64_t seq_ = 0;
  std::vector<UniqueFd> clients_;
};

}  // namespace

int main(int count, char** words) {
  Agent(std::set<std::string>(words + 1, words + count)).serve();
  return 0;
}
