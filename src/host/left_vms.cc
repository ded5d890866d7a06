#include "host/left_vms.h"

#include <filesystem>

#include "base/random.h"
#include "base/try.h"
#include "host/session_files.h"

namespace wye::host {

std::vector<VmPlace> places_in(const std::string& data_dir) {
  std::vector<VmPlace> out;
  std::error_code error;
  for (std::filesystem::directory_iterator at(sessions_in(data_dir), error), end; !error && at != end;
       at.increment(error))
    if (auto id = at->path().filename().string(); is_id(id))
      out.push_back({std::move(id), at->path().string()});
  return out;
}

Result<std::size_t> end_left_vms(const std::string& data_dir, Driver& driver,
                                 const std::function<void(const VmPlace&)>& ending) {
  std::size_t ended = 0;
  for (const auto& place : places_in(data_dir)) {
    const bool runs = driver.runs(place);
    if (runs) ending(place);
    WYE_CHECK(driver.destroy(place, ""));  // also what a VM that does not run has left on the host
    if (runs) ++ended;
  }
  return ended;
}

}  // namespace wye::host
