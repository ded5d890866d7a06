#pragma once

#include <functional>
#include <string_view>

#include "base/unique_fd.h"

namespace wye::host {

/// The kernel's own log from now on (`/dev/kmsg`). Mostly only root may read it. Its descriptor becomes
/// readable when there is a line.
class KernelLog {
 public:
  /// Returns a log without a descriptor where this process may not read it.
  [[nodiscard]] static KernelLog open();
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Reads every line that is there now.
  void read(const std::function<void(std::string_view line)>& on_line);

 private:
  UniqueFd fd_;
};

}  // namespace wye::host
