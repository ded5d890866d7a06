#include "testing/private_postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace wye::testing {
namespace {

constexpr auto kAnswersWithin = std::chrono::seconds(40);

}  // namespace

PrivatePostgres::PrivatePostgres(const std::vector<std::string>& settings) {
  std::vector<std::string> words{WYE_PRIVATE_POSTGRES, "--template", WYE_POSTGRES_TEMPLATE};
  words.insert(words.end(), settings.begin(), settings.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe to PostgreSQL");
  const UniqueFd reads(in[0]), writes(out[1]);
  commands_.reset(in[1]);
  answers_.reset(out[0]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, reads.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, writes.get(), STDOUT_FILENO);
  // The script is outside this process's group, so that it survives to clean up when the group is killed.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int failed = ::posix_spawn(&script_, argv[0], &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw std::runtime_error("private_postgres does not start");
  const auto line = read_line();
  if (!line.starts_with("ready ")) throw std::runtime_error("PostgreSQL is not ready: " + line);
  url_ = line.substr(6);
}

PrivatePostgres::~PrivatePostgres() {
  commands_.reset();
  answers_.reset();
  ::waitpid(script_, nullptr, 0);
}

std::string PrivatePostgres::directory() const { return url_.substr(url_.find("host=") + 5); }

void PrivatePostgres::tell(const std::string& word) {
  const auto line = word + "\n";
  if (::write(commands_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("private_postgres is gone");
  if (const auto said = read_line(); said != "done")
    throw std::runtime_error("PostgreSQL did not " + word + ": " + said);
}

std::string PrivatePostgres::read_line() {
  const auto until = std::chrono::steady_clock::now() + kAnswersWithin;
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd ready{answers_.get(), POLLIN, 0};
    std::array<char, 512> piece;
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
      return "no answer in time";
    const auto got = ::read(answers_.get(), piece.data(), piece.size());
    if (got <= 0) return "it ended";
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace wye::testing
