#include "serve_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace wye::live {
namespace {

constexpr auto kReadyWithin = std::chrono::seconds(30);

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Returns the processes that the parent's first thread has forked.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> out;
  const auto pid = std::to_string(parent);
  std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
  for (pid_t child; children >> child;) out.push_back(child);
  return out;
}

}  // namespace

ServeProcess::ServeProcess(Options options) : options_(std::move(options)) {
  if (options_.data_dir.empty()) {
    std::string name = "/tmp/wye-live-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    options_.data_dir = name;
    owns_data_dir_ = true;
  }
  start();
}

void ServeProcess::restart() {
  kill();
  start();
}

void ServeProcess::start() {
  const char* binary = std::getenv("WYE_BIN");
  if (binary == nullptr) throw std::runtime_error("WYE_BIN must name the wye binary");
  std::vector<std::string> words{
      binary, "serve", "--listen", options_.listen, "--data-dir", options_.data_dir, "--allow-host-loopback"};
  if (!options_.metro_url.empty()) words.insert(words.end(), {"--metro-url", options_.metro_url});
  if (!options_.metro_listen.empty()) words.insert(words.end(), {"--metro-listen", options_.metro_listen});
  words.insert(words.end(), options_.extra_args.begin(), options_.extra_args.end());
  if (!options_.first.empty())
    words.insert(words.begin(), {"/bin/sh", "-c", options_.first + "; exec \"$0\" \"$@\""});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  std::vector<std::string> environment{"WYE_API_KEY=" + api_key_};
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  environment.insert(environment.end(), options_.environment.begin(), options_.environment.end());
  std::vector<char*> envp;
  for (auto& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);

  // Standard output goes to a file in append mode, so that a test can read all of it at any time.
  output_path_ = options_.data_dir + ".output";
  const UniqueFd log(::open(output_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  std::array<int, 2> out{};
  if (!log || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no output for wye serve");
  const UniqueFd read_end(out[0]);
  UniqueFd write_end(out[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, log.get(), STDERR_FILENO);
  const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("wye serve does not start");
  write_end.reset();
  wait_until_ready(read_end.get());
}

void ServeProcess::wait_until_ready(int stdout_fd) {
  const auto deadline = std::chrono::steady_clock::now() + kReadyWithin;
  std::string text;
  std::ofstream copy(output_path_, std::ios::app | std::ios::binary);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{stdout_fd, POLLIN, 0};
    std::array<char, 4096> buffer;
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
    const auto got = ::read(stdout_fd, buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    copy.write(buffer.data(), got).flush();
    const std::string mark = "wye ready base_url=";
    const auto at = text.find(mark);
    if (at == std::string::npos || text.find('\n', at) == std::string::npos) continue;
    base_url_ = text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
    return;
  }
  const auto said = output();
  kill();
  throw std::runtime_error("wye serve was not ready in time:\n" + said);
}

ServeProcess::~ServeProcess() {
  if (pid_ > 0 && stop() != 0) ::fprintf(stderr, "wye serve did not end well:\n%s\n", output().c_str());
  ::unlink(output_path_.c_str());
  std::error_code ignored;
  if (owns_data_dir_) std::filesystem::remove_all(options_.data_dir, ignored);
}

std::uint16_t ServeProcess::port() const {
  return static_cast<std::uint16_t>(std::stoi(base_url_.substr(base_url_.rfind(':') + 1)));
}

std::string ServeProcess::output() const { return read_file(output_path_); }

int ServeProcess::stop() {
  if (pid_ <= 0) return 0;
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

void ServeProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

pid_t find_chromium(pid_t agent) {
  for (const auto child : children_of(agent))
    if (::getpgid(child) == child) return child;
  return 0;
}

std::vector<pid_t> find_zygotes(pid_t chromium) {
  auto out = children_of(chromium);
  std::erase_if(out, [](pid_t child) {
    return read_file("/proc/" + std::to_string(child) + "/cmdline").find("--type=zygote") ==
           std::string::npos;
  });
  return out;
}

std::vector<pid_t> find_renderers(pid_t agent, const std::string& flag) {
  std::vector<pid_t> out;
  const auto is_below_agent = [agent](pid_t pid) {
    while (pid > 1 && pid != agent) {
      const auto status = read_file("/proc/" + std::to_string(pid) + "/status");
      const auto parent = status.find("PPid:");
      pid = parent == std::string::npos ? 0 : std::atoi(status.c_str() + parent + 5);
    }
    return pid == agent;
  };
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto command = read_file(entry.path() / "cmdline");
    const auto pid = static_cast<pid_t>(std::stol(name));
    if (command.find("--type=renderer") != std::string::npos && command.find(flag) != std::string::npos &&
        is_below_agent(pid))
      out.push_back(pid);
  }
  return out;
}

pid_t find_agent(const ServeProcess& server, const std::string& session_id) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_file(entry.path() / "cmdline").find("wye-vm") == std::string::npos) continue;
    // The agent's own mount of a session is not visible from here; its log, which is its standard error, is.
    std::error_code ignored;
    const auto log = std::filesystem::read_symlink(entry.path() / "fd" / "2", ignored).string();
    const auto status = read_file(entry.path() / "status");
    const auto inner = status.find("NSpid:");
    if (inner == std::string::npos || !log.starts_with(server.data_dir()) ||
        log.find(session_id) == std::string::npos)
      continue;
    const auto line = status.substr(inner, status.find('\n', inner) - inner);
    if (line.ends_with("\t1")) return static_cast<pid_t>(std::stol(name));
  }
  return 0;
}

}  // namespace wye::live
