#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vm/computer/computer_request.h"

// PNG as Chromium writes it: 8 bits a sample, RGB or RGBA, not interlaced. Its bytes may be forged. Pure.
namespace wye::vm {

inline constexpr int kLargestPictureSide = 16'384;
inline constexpr std::int64_t kLargestPicture = 40'000'000;  ///< Pixels.

/// Returns the size that the picture's head tells; nothing when it is no PNG of a size that a screen has.
[[nodiscard]] std::optional<ScreenSize> png_size(std::string_view png);
/// Returns a part of a picture as a PNG of its own. `bad_request` when the part is not inside of it,
/// `internal` when it is no PNG as above.
[[nodiscard]] Result<std::string> crop_png(std::string_view png, Region part);

}  // namespace wye::vm
