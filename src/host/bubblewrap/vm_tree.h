#pragma once

#include <string>
#include <vector>

#include "host/bubblewrap/launch_spec.h"

/// What a VM sees of files (docs/adr/0002-isolation.md).
namespace wye::host {

/// Makes the parts of the VM's tree that are not the host's, in a mount namespace of this process's own.
/// With `in_node` the working directory is the folder with Node, and becomes a part of it. Throws.
void make_tree(const LaunchSpec& spec, int agent_fd, bool ordinary, bool in_node);

/// Returns the arguments of bubblewrap that put the tree together.
[[nodiscard]] std::vector<std::string> tree_arguments();

}  // namespace wye::host
