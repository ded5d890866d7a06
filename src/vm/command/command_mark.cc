#include "vm/command/command_mark.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

#include "base/unique_fd.h"

namespace wye::vm {

bool set_command_mark(CommandMark mark) {
  const rlimit limit{mark, mark};
  return ::setrlimit(RLIMIT_LOCKS, &limit) == 0;
}

std::optional<CommandMark> find_command_mark(std::string_view limits) {
  constexpr std::string_view kLine = "\nMax file locks ";
  const auto line = limits.find(kLine);
  if (line == std::string_view::npos) return std::nullopt;
  auto rest = limits.substr(line + kLine.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  CommandMark mark = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), mark);
  if (error != std::errc() || mark == 0) return std::nullopt;  // "unlimited" among them
  return mark;
}

std::optional<CommandMark> command_mark_of(pid_t pid) {
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/limits").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;  // the kernel writes 1,400 bytes
  const auto size = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (size <= 0) return std::nullopt;
  return find_command_mark({text.data(), static_cast<std::size_t>(size)});
}

}  // namespace wye::vm
