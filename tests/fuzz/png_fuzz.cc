// Pictures that a browser may forge: a part of one is a picture of the size that was asked for, or an error.
#include "invariant.h"

#include "vm/computer/png.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  if (size < 4) return 0;
  const vm::Region part{data[0], data[1], data[2], data[3]};
  const std::string_view png(reinterpret_cast<const char*>(data) + 4, size - 4);
  const auto whole = vm::png_size(png);
  const auto cut = vm::crop_png(png, part);
  if (!cut) return 0;
  WYE_INVARIANT(whole && part.x + part.width <= whole->width && part.y + part.height <= whole->height);
  const auto got = vm::png_size(*cut);
  WYE_INVARIANT(got && got->width == part.width && got->height == part.height);
  const auto again = vm::crop_png(*cut, {0, 0, part.width, part.height});
  WYE_INVARIANT(again && *again == *cut);
  return 0;
}
