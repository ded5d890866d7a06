#pragma once

#include <functional>
#include <string_view>

#include "base/unique_fd.h"

namespace wye::host {

/// The kernel's own log from now on (`/dev/kmsg`). Readable by whoever may (root, mostly); its descriptor
/// becomes readable when there is a line.
class KernelLog {
 public:
  /// Without a descriptor where this process may not read it.
  [[nodiscard]] static KernelLog open();
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Every line that is there now.
  void read(const std::function<void(std::string_view line)>& on_line);

 private:
  UniqueFd fd_;
};

}  // namespace wye::host
