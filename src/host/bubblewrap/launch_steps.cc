#include "host/bubblewrap/launch_steps.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace wye::host {

void fail(const std::string& step) { throw std::runtime_error(step + ": " + std::strerror(errno)); }

std::string read_all(int fd) {
  std::string text;
  char piece[4096];
  for (ssize_t got; (got = ::read(fd, piece, sizeof piece)) > 0 && text.size() < (1u << 20);)
    text.append(piece, static_cast<std::size_t>(got));
  return text;
}

void write_all(int fd, std::string_view text, const std::string& step) {
  while (!text.empty()) {
    const auto wrote = ::write(fd, text.data(), text.size());
    if (wrote <= 0) fail(step);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

void write_file(const std::string& path, std::string_view text, mode_t mode) {
  const UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!out) fail(path);
  write_all(out.get(), text, path);
}

void write_proc(const std::string& path, std::string_view text) {
  const UniqueFd out(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!out) fail(path);
  write_all(out.get(), text, path);
}

void tell(int fd) { write_all(fd, "x", "helper"); }

void await(int fd, const char* what) {
  char byte;
  if (::read(fd, &byte, 1) != 1) throw std::runtime_error(std::string(what) + " failed");
}

void become(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
}

void run(const std::vector<std::string>& words, const std::string& input) {
  Pipe in;
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    ::dup2(in.read.get(), STDIN_FILENO);
    become(words);
    ::_exit(127);
  }
  in.read.reset();
  write_all(in.write.get(), input, words[0]);
  in.write.reset();
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(words[0] + " failed with status " + std::to_string(WEXITSTATUS(status)));
}

pid_t fork_alone() {
#ifdef __SANITIZE_THREAD__
  return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
#else
  return ::fork();
#endif
}

void keep_open(int fd) { ::fcntl(fd, F_SETFD, ::fcntl(fd, F_GETFD) & ~FD_CLOEXEC); }

Pipe::Pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  read.reset(ends[0]);
  write.reset(ends[1]);
}

}  // namespace wye::host
