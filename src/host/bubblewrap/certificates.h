#pragma once

#include <string>

namespace wye::host {

/// Makes `to` from the host's directory of trusted certificates, in such a way that it needs nothing outside
/// of the VM's tree. Links to /usr/share stay links; everything else that all users may read is copied
/// (private authorities lie in /usr/local/share). Throws when it cannot be written.
void copy_certificates(const std::string& from, const std::string& to);

}  // namespace wye::host
