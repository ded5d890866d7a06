#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

/// A path as a client writes it: absolute, UTF-8, without NUL, at most 4,095 bytes, without slashes at its
/// end.
class VmPath {
 public:
  /// 400 `invalid_input`, which names `field`, for any other text.
  [[nodiscard]] static Result<VmPath> parse(std::string_view text, std::string_view field = "path");

  /// Takes a path of our own, such as the home's.
  [[nodiscard]] static VmPath home_of(std::string configured) { return VmPath(std::move(configured)); }

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Returns the last segment; "/" for the root.
  [[nodiscard]] std::string_view name() const;
  /// Returns the path without its last segment.
  [[nodiscard]] VmPath parent() const;

 private:
  explicit VmPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Parses a mode, three or four octal digits; `otherwise` where none is given.
[[nodiscard]] Result<mode_t> parse_mode(const std::optional<std::string>& text, mode_t otherwise);

/// Opens a path as the calling thread's user may. Links are followed, but those of /proc, which lead to what
/// other processes have open; and what is below /proc is `not_a_file` altogether, since it would show the
/// agent itself. Never waits for a FIFO, never opens a device.
[[nodiscard]] Result<UniqueFd> open_path(const VmPath& path, int flags);

/// Opens what `at` (O_PATH) refers to, once more, for reading; only regular files.
[[nodiscard]] Result<UniqueFd> open_to_read(const UniqueFd& at, const VmPath& path);

/// The directory that holds a path's last segment, and that segment: never "", "." or "..".
struct Place {
  UniqueFd directory;
  std::string name;
};
[[nodiscard]] Result<Place> place_of(const VmPath& path);

/// A place whose directory may be still missing.
struct NewPlace {
  UniqueFd nearest;                  ///< The nearest directory that is there.
  std::vector<std::string> missing;  ///< The directories below it that are not.
  std::string name;
};
[[nodiscard]] Result<NewPlace> new_place_of(const VmPath& path);
/// Makes the missing directories (0755) and returns the last one. Follows no link in them.
[[nodiscard]] Result<UniqueFd> make_missing(const NewPlace& place, const VmPath& path);

}  // namespace wye::vm
