#include "vm/lifecycle/own_children.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace wye::vm {

std::vector<pid_t> parse_children(std::string_view text) {
  std::vector<pid_t> out;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), pid);
    if (error == std::errc() && end == word.data() + word.size() && pid > 0) out.push_back(pid);
  }
  return out;
}

std::vector<pid_t> own_children() {
  const auto self = std::to_string(::getpid());
  const UniqueFd list(
      ::open(("/proc/" + self + "/task/" + self + "/children").c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t got; list && (got = ::read(list.get(), piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  return parse_children(text);
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error))
    for (const auto pid : parse_children(at->path().filename().string())) out.push_back(pid);
  return out;
}

}  // namespace wye::vm
