#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

/// Of the launcher process alone, which is short-lived and has one thread: a failed step throws, so that
/// every exit but success goes through one place that ends what was half made (vm_launcher.cc).
namespace wye::host {

/// Throws what `errno` says of the step.
[[noreturn]] void fail(const std::string& step);

/// At most 1 MiB.
[[nodiscard]] std::string read_all(int fd);
void write_all(int fd, std::string_view text, const std::string& step);
void write_file(const std::string& path, std::string_view text, mode_t mode = 0644);
/// Into a file that is there: of /proc, say.
void write_proc(const std::string& path, std::string_view text);

/// A word over the socket between launcher and helper; an end of the other side is an error.
void tell(int fd);
void await(int fd, const char* what);

/// Runs a program to its end, with this on its standard input.
void run(const std::vector<std::string>& words, const std::string& input = {});
/// Becomes a program. Returns only when that fails.
void become(const std::vector<std::string>& words);

/// A child that makes or enters user namespaces must have one thread. ThreadSanitizer's fork gives it a
/// second one; this does not.
[[nodiscard]] pid_t fork_alone();

/// Lets a descriptor outlive the program that is run next.
void keep_open(int fd);

struct Pipe {
  UniqueFd read, write;
  Pipe();
};

}  // namespace wye::host
