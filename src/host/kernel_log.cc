#include "host/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace wye::host {

KernelLog KernelLog::open() {
  KernelLog log;
  log.fd_.reset(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (log.fd_ && ::lseek(log.fd_.get(), 0, SEEK_END) < 0) log.fd_.reset();
  return log;
}

void KernelLog::read(const std::function<void(std::string_view)>& on_line) {
  std::array<char, 8192> record;  // as large as the kernel's own
  for (;;) {
    const auto got = ::read(fd_.get(), record.data(), record.size());
    if (got < 0 && (errno == EPIPE || errno == EINTR))
      continue;  // newer lines have overtaken this one: the next read goes on behind it
    if (got <= 0) return;
    // The format is `priority,number,time,flags;line`, then lines of its dictionary.
    const std::string_view text(record.data(), static_cast<std::size_t>(got));
    const auto begin = text.find(';');
    if (begin == std::string_view::npos) continue;
    const auto line = text.substr(begin + 1);
    on_line(line.substr(0, line.find('\n')));
  }
}

}  // namespace wye::host
