#include "vm/chromium/configured_options.h"

#include <unistd.h>

namespace wye::vm {
namespace {

// Prefers the program itself: Debian's /usr/bin/chromium is a script whose checks take as long as the rest of
// a VM's start.
std::string installed_chromium() {
  const std::string program = "/usr/lib/chromium/chromium";
  return ::access(program.c_str(), X_OK) == 0 ? program : "/usr/bin/chromium";
}

}  // namespace

ChromiumOptions configured_options(const wire::AgentConfig& config) {
  ChromiumOptions options;
  options.path = config.chromium_path.value_or(installed_chromium());
  options.home = config.home.value_or("/home/kernel");
  options.user_data_dir = options.home + "/user-data";
  options.stealth = config.stealth.value_or(false);
  if (config.viewport) {
    options.width = config.viewport->width;
    options.height = config.viewport->height;
  }
  options.keeps_output = true;
  options.uid = config.chromium_uid.value_or(-1);
  options.gid = config.chromium_gid.value_or(-1);
  return options;
}

}  // namespace wye::vm
