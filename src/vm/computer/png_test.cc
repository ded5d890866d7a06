#include "vm/computer/png.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace wye::vm {
namespace {

std::string number(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}

std::string chunk(const std::string& type, const std::string& data) {
  const auto body = type + data;
  const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return number(static_cast<std::uint32_t>(data.size())) + body + number(static_cast<std::uint32_t>(sum));
}

std::string packed(const std::string& rows) {
  auto size = ::compressBound(rows.size());
  std::string out(size, '\0');
  ::compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
             rows.size());
  out.resize(size);
  return out;
}

// A PNG of these filtered rows, in two pieces.
std::string png(int width, int height, int colour, const std::string& rows, int depth = 8,
                int interlaced = 0) {
  const auto data = packed(rows);
  std::string head = number(static_cast<std::uint32_t>(width)) + number(static_cast<std::uint32_t>(height));
  head += {static_cast<char>(depth), static_cast<char>(colour), 0, 0, static_cast<char>(interlaced)};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("tEXt", "any") + chunk("IDAT", data.substr(0, 3)) +
         chunk("IDAT", data.substr(3)) + chunk("IEND", "");
}

// The samples of a PNG that the code under test wrote: rows without a filter.
std::string samples(const std::string& text) {
  const auto size = png_size(text).value();
  const std::size_t pixel = text[25] == 6 ? 4 : 3;
  const std::size_t row = 1 + static_cast<std::size_t>(size.width) * pixel;
  std::string out(row * static_cast<std::size_t>(size.height), '\0');
  auto length = static_cast<uLongf>(out.size());
  const auto at = text.find("IDAT") + 4;
  EXPECT_EQ(::uncompress(reinterpret_cast<Bytef*>(out.data()), &length,
                         reinterpret_cast<const Bytef*>(text.data() + at), text.size() - at - 16),
            Z_OK);
  std::string plain;
  for (std::size_t y = 0; y < static_cast<std::size_t>(size.height); ++y) {
    EXPECT_EQ(out[y * row], 0);
    plain += out.substr(y * row + 1, row - 1);
  }
  return plain;
}

using namespace std::string_literals;

TEST(CropPng, undoes_every_filter) {
  // Three columns; each row is 1 2 3 | 4 5 6 | 7 8 9 once its filter is undone.
  const std::string plain = "\x01\x02\x03\x04\x05\x06\x07\x08\x09"s;
  const std::string none = "\0"s + plain;
  const std::string left = "\x01\x01\x02\x03\x03\x03\x03\x03\x03\x03"s;
  const std::string above = "\x02"s + std::string(9, '\0');
  const std::string average = "\x03\x01\x01\x02\x02\x02\x02\x02\x02\x02"s;
  const std::string paeth = "\x04"s + std::string(9, '\0');
  const auto picture = png(3, 5, 2, none + left + above + average + paeth);
  const auto whole = crop_png(picture, {0, 0, 3, 5});
  ASSERT_TRUE(whole);
  EXPECT_EQ(samples(*whole), plain + plain + plain + plain + plain);
  const auto part = crop_png(picture, {1, 3, 2, 2});
  ASSERT_TRUE(part);
  EXPECT_EQ(png_size(*part)->width, 2);
  EXPECT_EQ(samples(*part), plain.substr(3) + plain.substr(3));
}

TEST(CropPng, keeps_transparency) {
  const auto part = crop_png(png(2, 1, 6, "\0\x01\x02\x03\x04\x05\x06\x07\x08"s), {1, 0, 1, 1});
  ASSERT_TRUE(part);
  EXPECT_EQ((*part)[25], 6);
  EXPECT_EQ(samples(*part), "\x05\x06\x07\x08");
}

TEST(CropPng, refuses_what_is_outside) {
  const auto picture = png(2, 2, 2, "\0\1\2\3\4\5\6\0\1\2\3\4\5\6"s);
  for (const Region bad : {Region{0, 0, 3, 1}, Region{0, 0, 1, 3}, Region{2, 0, 1, 1}, Region{0, 2, 1, 1},
                           Region{-1, 0, 1, 1}, Region{0, 0, 0, 1}, Region{1, 1, 2147483647, 1}}) {
    const auto cut = crop_png(picture, bad);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, "bad_request");
    EXPECT_EQ(cut.error().message, "region exceeds screen bounds (max: 2x2)");
  }
}

TEST(CropPng, refuses_forged_pictures) {
  const auto rows = "\0\1\2\3\4\5\6\0\1\2\3\4\5\6"s;
  const auto good = png(2, 2, 2, rows);
  ASSERT_TRUE(crop_png(good, {0, 0, 2, 2}));
  for (std::size_t length = 0; length < good.find("IEND") - 8; ++length)
    EXPECT_FALSE(crop_png(std::string_view(good).substr(0, length), {0, 0, 2, 2})) << length;
  EXPECT_FALSE(crop_png(png(2, 2, 2, rows, 16), {0, 0, 1, 1}));
  EXPECT_FALSE(crop_png(png(2, 2, 3, rows), {0, 0, 1, 1}));
  EXPECT_FALSE(crop_png(png(2, 2, 2, rows, 8, 1), {0, 0, 1, 1}));
  EXPECT_FALSE(crop_png(png(2, 2, 2, "\x09"s + rows.substr(1)), {0, 0, 1, 1}));
  EXPECT_FALSE(crop_png(png(2, 3, 2, rows), {0, 0, 2, 3}));
  EXPECT_FALSE(png_size(png(0, 2, 2, rows)));
  EXPECT_FALSE(png_size(png(16'385, 1, 2, rows)));
  EXPECT_FALSE(png_size(png(16'384, 16'384, 2, rows)));
  EXPECT_FALSE(crop_png("", {0, 0, 1, 1}));
}

}  // namespace
}  // namespace wye::vm
