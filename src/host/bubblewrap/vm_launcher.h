#pragma once

namespace wye::host {

/// Runs the launcher process, which builds one VM from namespaces and ends. It has one thread, so that it may
/// fork and unshare. It reads a LaunchSpec on descriptor 3 and answers on 4 (launch_spec.h). Returns the exit
/// code.
int launch_vm_main();

}  // namespace wye::host
