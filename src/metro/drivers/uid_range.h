#pragma once

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::metro {

/// Host uids 0–65535 of one VM, as the first of the range. Unique on the host among all servers: a lock file
/// a range in /run/wye-uids, which a reboot clears; a range is free again when its session's directory is
/// gone.
[[nodiscard]] Result<std::int64_t> take_uid_range(const std::string& session_dir);
void give_back_uid_range(std::int64_t base);

}  // namespace wye::metro
