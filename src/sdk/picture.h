#pragma once

#include <cstdint>
#include <string_view>

#include "wye/result.h"

namespace wye::sdk {

struct PictureSize {
  std::int64_t width = 0, height = 0;
};

/// Returns the size that a PNG's head tells. Bytes that do not begin or do not end as a PNG does are
/// `invalid`.
[[nodiscard]] Result<PictureSize> size_of_png(std::string_view bytes);

}  // namespace wye::sdk
