#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

/// Steps of the launcher process, which is short-lived and has one thread. A failed step throws, so that
/// every exit but success goes through one place, which ends what was half made (vm_launcher.cc).
namespace wye::host {

/// Throws an error with the step's name and the text of `errno`.
[[noreturn]] void fail(const std::string& step);

/// Reads the descriptor to its end; at most 1 MiB.
[[nodiscard]] std::string read_all(int fd);
void write_all(int fd, std::string_view text, const std::string& step);
void write_file(const std::string& path, std::string_view text, mode_t mode = 0644);
/// Writes into a file that exists, e.g. of /proc.
void write_proc(const std::string& path, std::string_view text);

/// Sends a word over the socket between launcher and helper; it is an error when the other side has ended.
void tell(int fd);
void await(int fd, const char* what);

/// Runs a program to its end, with this text as its standard input.
void run(const std::vector<std::string>& words, const std::string& input = {});
/// Replaces this process by a program. Returns only when that fails.
void become(const std::vector<std::string>& words);

/// Forks a child that has one thread, as one that makes or enters user namespaces must. ThreadSanitizer's own
/// fork gives it a second thread; this does not.
[[nodiscard]] pid_t fork_alone();

/// Lets a descriptor outlive the program that is run next.
void keep_open(int fd);

struct Pipe {
  UniqueFd read, write;
  Pipe();
};

}  // namespace wye::host
