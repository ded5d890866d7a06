#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace wye::host {

/// Finds a session's processes without any record of it: the launcher, bubblewrap, the VM's pid 1 and the
/// network helper each hold a descriptor of a file in the session's directory. Others that have such a file
/// open (a person who reads the log) are not among them. Reads all of /proc, which takes some milliseconds.
[[nodiscard]] std::vector<pid_t> processes_of_session(const std::string& session_dir);

/// Kills them and waits. Returns false when one does not end in time.
bool end_processes_of_session(const std::string& session_dir, int wait_ms);

}  // namespace wye::host
