#include <cstdio>
#include <filesystem>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/own_paths.h"
#include "control/stop_server.h"
#include "host/make_driver.h"

namespace wye::cli {
namespace {

int stop(const Arguments& arguments) {
  // Uses the same path as the server, since a session's processes are found by the paths that they hold open.
  std::error_code ignored;
  const auto given = std::filesystem::absolute(arguments.get("data-dir").value_or("data"), ignored);
  auto data_dir = given.lexically_normal().string();
  while (data_dir.size() > 1 && data_dir.ends_with('/')) data_dir.pop_back();
  const auto driver = host::make_driver({.launcher = vm_launcher()});
  const auto stopped = control::stop_server(
      data_dir, *driver, [](const std::string& what) { std::fprintf(stderr, "%s\n", dim(what, 2).c_str()); });
  if (!stopped) return fail(stopped.error());
  if (stopped->server) std::printf("the server has ended, and its browsers with it\n");
  if (stopped->browsers > 0)
    std::printf(
        "browsers ended that had no server: %zu; the next `wye serve --data-dir %s` archives their "
        "telemetry\n",
        stopped->browsers, data_dir.c_str());
  if (!stopped->server && stopped->browsers == 0) std::printf("nothing runs for %s\n", data_dir.c_str());
  return 0;
}

}  // namespace

std::vector<Command> stop_commands() {
  return {{.name = "stop",
           .summary = "end a server of this machine and its browsers",
           .details =
               "Also ends browsers whose server is gone. What they have told stays, and is archived by the "
               "next start.\n"
               "To end the server alone, and keep its browsers for the next start, send it SIGTERM.\n\n"
               "  wye stop --data-dir data\n",
           .options = {{"data-dir", 0, "DIR", "of the server (default ./data)"}},
           .run = stop}};
}

}  // namespace wye::cli
