#include "vm/computer/png.h"

#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

namespace wye::vm {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kHeadEnd = 8 + 8 + 13 + 4;  // signature, and the chunk IHDR
constexpr int kFastest = 1;
constexpr png_alloc_size_t kMostOfChunk = 1 << 20;  // beside the picture itself

Error no_png() {
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = "the browser's picture cannot be read"};
}

Error outside(ScreenSize size) {
  return {.kind = ErrorKind::invalid,
          .code = "bad_request",
          .message = "region exceeds screen bounds (max: " + std::to_string(size.width) + "x" +
                     std::to_string(size.height) + ")"};
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

[[noreturn]] void leave(png_structp png, png_const_charp /*why*/) { ::png_longjmp(png, 1); }
void ignore(png_structp /*png*/, png_const_charp /*why*/) {}

void read_bytes(png_structp png, png_bytep out, std::size_t size) {
  auto& rest = *static_cast<std::string_view*>(::png_get_io_ptr(png));
  if (size > rest.size()) leave(png, "");
  std::memcpy(out, rest.data(), size);
  rest.remove_prefix(size);
}

void write_bytes(png_structp png, png_bytep bytes, std::size_t size) {
  static_cast<std::string*>(::png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), size);
}

// libpng's two sides.
class Sides {
 public:
  Sides(std::string_view& from, std::string& to)
      : in(::png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, leave, ignore)),
        out(::png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, leave, ignore)) {
    if (in != nullptr) about_in = ::png_create_info_struct(in);
    if (out != nullptr) about_out = ::png_create_info_struct(out);
    if (!are_whole()) return;
    ::png_set_read_fn(in, &from, read_bytes);
    ::png_set_user_limits(in, kLargestPictureSide, kLargestPictureSide);
    ::png_set_chunk_malloc_max(in, kMostOfChunk);
    ::png_set_write_fn(out, &to, write_bytes, nullptr);
  }
  ~Sides() {
    ::png_destroy_read_struct(&in, &about_in, nullptr);
    ::png_destroy_write_struct(&out, &about_out);
  }
  Sides(const Sides&) = delete;
  Sides& operator=(const Sides&) = delete;
  [[nodiscard]] bool are_whole() const { return about_in != nullptr && about_out != nullptr; }

  png_structp in, out;
  png_infop about_in = nullptr, about_out = nullptr;
};

// Copies the rows; false when the picture is not one of those that are read here. libpng leaves it by a jump,
// so that nothing in it may have a destructor.
bool copy_part(Sides& sides, Region part, std::vector<png_byte>& row) {
  if (setjmp(png_jmpbuf(sides.in)) != 0) return false;
  if (setjmp(png_jmpbuf(sides.out)) != 0) return false;
  ::png_read_info(sides.in, sides.about_in);
  const auto colour = ::png_get_color_type(sides.in, sides.about_in);
  if (::png_get_bit_depth(sides.in, sides.about_in) != 8 ||
      (colour != PNG_COLOR_TYPE_RGB && colour != PNG_COLOR_TYPE_RGB_ALPHA) ||
      ::png_get_interlace_type(sides.in, sides.about_in) != PNG_INTERLACE_NONE ||
      ::png_get_rowbytes(sides.in, sides.about_in) > row.size())
    return false;
  const std::size_t begin = static_cast<std::size_t>(part.x) * (colour == PNG_COLOR_TYPE_RGB ? 3 : 4);
  ::png_set_IHDR(sides.out, sides.about_out, static_cast<png_uint_32>(part.width),
                 static_cast<png_uint_32>(part.height), 8, colour, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  ::png_set_compression_level(sides.out, kFastest);
  ::png_set_filter(sides.out, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  ::png_write_info(sides.out, sides.about_out);
  for (int y = 0; y < part.y + part.height; ++y) {
    ::png_read_row(sides.in, row.data(), nullptr);
    if (y >= part.y) ::png_write_row(sides.out, row.data() + begin);
  }
  ::png_write_end(sides.out, nullptr);
  return true;
}

}  // namespace

std::optional<ScreenSize> png_size(std::string_view png) {
  if (png.size() < kHeadEnd || !png.starts_with(kSignature) || png.substr(12, 4) != "IHDR")
    return std::nullopt;
  const auto width = number_at(png, 16), height = number_at(png, 20);
  if (width < 1 || height < 1 || width > kLargestPictureSide || height > kLargestPictureSide)
    return std::nullopt;
  if (std::int64_t{width} * height > kLargestPicture) return std::nullopt;
  return ScreenSize{static_cast<int>(width), static_cast<int>(height)};
}

Result<std::string> crop_png(std::string_view png, Region part) {
  const auto size = png_size(png);
  if (!size) return no_png();
  if (part.x < 0 || part.y < 0 || part.width < 1 || part.height < 1 || part.x > size->width - part.width ||
      part.y > size->height - part.height)
    return outside(*size);
  std::vector<png_byte> row(static_cast<std::size_t>(size->width) * 4);
  std::string out;
  Sides sides(png, out);
  if (!sides.are_whole() || !copy_part(sides, part, row)) return no_png();
  return out;
}

}  // namespace wye::vm
