#pragma once

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::host {

/// Takes the host uids 0–65535 of one VM and returns the first. They are unique on the host among all
/// servers: each range has a lock file in /run/wye-uids, which a reboot clears, with the session's directory
/// in it. A range whose session is forgotten (its directory is gone) is free again once nothing runs with its
/// uids.
[[nodiscard]] Result<std::int64_t> take_uid_range(const std::string& session_dir);
/// Returns the range that the session took; 0 when it has none.
[[nodiscard]] std::int64_t uid_range_of(const std::string& session_dir);
/// Frees the range. Idempotent: one that is another session's by now stays.
void give_back_uid_range(std::int64_t base, const std::string& session_dir);

}  // namespace wye::host
