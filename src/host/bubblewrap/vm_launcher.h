#pragma once

namespace wye::host {

/// The launcher process: builds one VM from namespaces and ends. Single-threaded, so that it may fork and
/// unshare. Reads a LaunchSpec on descriptor 3, answers on 4; see launch_spec.h. Returns the exit code.
int launch_vm_main();

}  // namespace wye::host
