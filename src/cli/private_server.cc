#include "cli/private_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "base/try.h"
#include "base/unique_fd.h"
#include "cli/own_paths.h"

namespace wye::cli {
namespace {

constexpr int kReadyWithinMs = 20'000;

Error failed(std::string message) {
  return {.kind = ErrorKind::internal, .code = "server_failed", .message = std::move(message)};
}

}  // namespace

Result<std::unique_ptr<PrivateServer>> PrivateServer::start() {
  std::unique_ptr<PrivateServer> server(new PrivateServer());
  std::string directory = (std::filesystem::temp_directory_path() / "wye-demo-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return failed("no temporary directory can be made");
  server->directory_ = directory;
  SystemRandom random;
  server->api_key_ = "sk_" + new_id(random);
  int out[2];
  if (::pipe2(out, O_CLOEXEC) != 0) return failed("no pipe");
  const UniqueFd read_end(out[0]);
  UniqueFd write_end(out[1]);
  const UniqueFd log(::open((directory + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, log.get(), STDERR_FILENO);
  std::vector<std::string> words{own_binary(),
                                 "serve",
                                 "--listen",
                                 "127.0.0.1:0",
                                 "--data-dir",
                                 directory + "/data",
                                 "--allow-host-loopback",
                                 "--end-browsers"};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // Passes the key in the environment, because other users of the machine can read command lines.
  std::vector<std::string> environment{"WYE_API_KEY=" + server->api_key_};
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (std::strncmp(*entry, "WYE_API_KEY=", 12) != 0 && std::strncmp(*entry, "WYE_DATABASE=", 13) != 0)
      environment.emplace_back(*entry);  // and it keeps its own record
  std::vector<char*> envp;
  for (auto& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);
  const int error =
      ::posix_spawn(&server->pid_, words[0].c_str(), &actions, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failed(std::string("wye serve does not start: ") + std::strerror(error));
  write_end.reset();
  WYE_CHECK(server->wait_ready(read_end.get()));
  return server;
}

Result<void> PrivateServer::wait_ready(int fd) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kReadyWithinMs);
  const std::string mark = "wye ready base_url=";
  std::string text;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd ready{fd, POLLIN, 0};
    char piece[1024];
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) break;
    const auto got = ::read(fd, piece, sizeof piece);
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
    const auto at = text.find(mark);
    if (at == std::string::npos || text.find('\n', at) == std::string::npos) continue;
    base_url_ = text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
    return {};
  }
  std::ifstream log(directory_ + "/log");
  return failed("wye serve was not ready; it said:\n" + std::string(std::istreambuf_iterator<char>(log), {}));
}

PrivateServer::~PrivateServer() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

}  // namespace wye::cli
