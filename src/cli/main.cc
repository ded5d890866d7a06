#include <unistd.h>

#include <cstring>
#include <cstdlib>
#include <string>

#include "control/server.h"
#include "metro/drivers/vm_launcher.h"

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "internal") == 0 && std::strcmp(argv[2], "launch-vm") == 0) return wye::metro::launch_vm_main();
  wye::control::ServeOptions options;
  char self[4096] = {};
  [[maybe_unused]] const auto got = ::readlink("/proc/self/exe", self, sizeof self - 1);
  std::string dir(self);
  dir = dir.substr(0, dir.rfind('/'));
  options.agent_path = dir + "/wye-vm";
  options.launcher = {self, "internal", "launch-vm"};
  for (int i = 2; i < argc; ++i) {
    const std::string a = argv[i];
    if (a == "--allow-host-loopback") { options.allow_host_loopback = true; continue; }
    const std::string v = i + 1 < argc ? argv[++i] : "";
    if (a == "--listen") options.listen = v;
    if (a == "--metro-listen") options.metro_listen = v;
    if (a == "--metro-url") options.metro_url = v;
    if (a == "--data-dir") options.data_dir = v;
    if (a == "--api-key") options.api_key = v;
  }
  if (options.api_key.empty() && std::getenv("WYE_API_KEY")) options.api_key = std::getenv("WYE_API_KEY");
  options.log_level = wye::LogLevel::debug;
  return wye::control::run_server(options);
}
