#include "host/bubblewrap/certificates.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "host/bubblewrap/launch_steps.h"

namespace wye::host {
namespace {

namespace fs = std::filesystem;

constexpr int kMostEntries = 4096;
constexpr off_t kLargest = 1 << 20;  // the bundle of all certificates has 220 KB
constexpr mode_t kReadableByAll = S_IROTH;

// Accepts only names in the same directory: OpenSSL's links by hash lead to a file beside them.
bool leads_beside(const fs::path& target) { return !target.empty() && target == target.filename(); }

void copy_one(const fs::path& from, const fs::path& to) {
  const UniqueFd in(::open(from.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!in || ::fstat(in.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > kLargest ||
      (status.st_mode & kReadableByAll) == 0)
    return;
  write_file(to, read_all(in.get()));
}

}  // namespace

void copy_certificates(const std::string& from, const std::string& to) {
  std::error_code error;
  int left = kMostEntries;
  for (fs::directory_iterator at(from, error), end; !error && at != end && left > 0;
       at.increment(error), --left) {
    const auto copied = fs::path(to) / at->path().filename();
    std::error_code none;
    const auto target = fs::read_symlink(at->path(), none);
    if (leads_beside(target) || target.native().starts_with("/usr/share/")) {
      if (::symlink(target.c_str(), copied.c_str()) != 0) fail(copied);
    } else {
      copy_one(at->path(), copied);
    }
  }
}

}  // namespace wye::host
