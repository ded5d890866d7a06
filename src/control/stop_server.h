#pragma once

#include <functional>
#include <string>

#include "host/driver.h"
#include "wye/result.h"

namespace wye::control {

struct Stopped {
  bool server = false;       ///< One ran.
  std::size_t browsers = 0;  ///< That no server ended any more, and were ended here.
};

/// Has the server of a data directory end its browsers and itself; then, as its only user, ends what still
/// runs of them. Their telemetry stays in the directory, and is archived by the next start. `progress` is
/// told what is waited for.
Result<Stopped> stop_server(const std::string& data_dir, host::Driver& driver,
                            const std::function<void(const std::string&)>& progress);

/// How a server is asked to end with its browsers.
[[nodiscard]] int end_with_browsers_signal();

}  // namespace wye::control
