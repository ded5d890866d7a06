// Commands that other programs of this project start.
#include <cstdio>

#include "cli/command.h"
#include "host/bubblewrap/vm_launcher.h"
#include "wire/telemetry_types.h"
#include "wire/vm_calls.h"

namespace wye::cli {

std::vector<Command> internal_commands() {
  return {{.name = "internal launch-vm",
           .summary = "builds one VM; started by serve",
           .run = [](const Arguments&) { return host::launch_vm_main(); },
           .hidden = true},
          {.name = "internal telemetry-reference",
           .summary = "the tables of docs/telemetry.md",
           .run =
               [](const Arguments&) {
                 std::fputs(wire::telemetry_reference().c_str(), stdout);
                 return 0;
               },
           .hidden = true},
          {.name = "internal vm-calls-reference",
           .summary = "the tables of docs/vm-calls.md",
           .run =
               [](const Arguments&) {
                 std::fputs(wire::vm_calls_reference().c_str(), stdout);
                 return 0;
               },
           .hidden = true}};
}

}  // namespace wye::cli
