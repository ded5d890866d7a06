#include "host/make_driver.h"

#include "host/bubblewrap/bubblewrap_driver.h"

namespace wye::host {

std::unique_ptr<Driver> make_driver(DriverOptions options) {
  return std::make_unique<BubblewrapDriver>(std::move(options.launcher), std::move(options.warn));
}

}  // namespace wye::host
