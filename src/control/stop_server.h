#pragma once

#include <functional>
#include <string>

#include "host/driver.h"
#include "wye/result.h"

namespace wye::control {

struct Stopped {
  bool server = false;       ///< Whether a server ran.
  std::size_t browsers = 0;  ///< How many browsers no server could end any more, and were ended here.
};

/// Makes the server of a data directory end its browsers and itself. Then, as the directory's only user, it
/// ends browsers that still run. Their telemetry stays in the directory, and the next start archives it.
/// `progress` is told what is waited for.
Result<Stopped> stop_server(const std::string& data_dir, host::Driver& driver,
                            const std::function<void(const std::string&)>& progress);

/// Returns the signal that asks a server to end with its browsers.
[[nodiscard]] int end_with_browsers_signal();

}  // namespace wye::control
