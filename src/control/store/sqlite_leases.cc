// Leases on SQLite, whose file is used by processes of one machine. Time is that machine's since boot, which
// nobody sets back; a lease from before a boot is over.
#include <time.h>

#include <fstream>

#include "base/try.h"
#include "control/store/sqlite_record.h"

namespace wye::control {
namespace {

std::int64_t since_boot_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string out;
  std::getline(file, out);
  return out;
}

}  // namespace

Result<bool> SqliteStore::take_lease(const std::string& name, const std::string& holder,
                                     std::chrono::milliseconds ttl) {
  const std::lock_guard lock(mutex_);
  const auto now = since_boot_ms();
  auto take = statement(
      "INSERT INTO leases VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET holder=?2, boot=?3, "
      "until_ms=?4 WHERE holder=?2 OR boot!=?3 OR until_ms<=?5");
  take.bind(1, name).bind(2, holder).bind(3, boot_id()).bind(4, now + ttl.count()).bind(5, now);
  WYE_CHECK(take.run());
  return changed();
}

Result<void> SqliteStore::end_lease(const std::string& name, const std::string& holder) {
  const std::lock_guard lock(mutex_);
  return statement("DELETE FROM leases WHERE name=?1 AND holder=?2").bind(1, name).bind(2, holder).run();
}

}  // namespace wye::control
