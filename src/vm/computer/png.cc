#include "vm/computer/png.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <vector>

#include "base/try.h"

namespace wye::vm {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kHeadEnd = 8 + 8 + 13 + 4;  // signature, and the chunk IHDR
constexpr int kFastest = 1;

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

void add_number(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

void add_chunk(std::string& out, std::string_view type, std::string_view data) {
  add_number(out, static_cast<std::uint32_t>(data.size()));
  const auto begin = out.size();
  out.append(type).append(data);
  const auto* bytes = reinterpret_cast<const Bytef*>(out.data() + begin);
  add_number(out, static_cast<std::uint32_t>(::crc32(0, bytes, static_cast<uInt>(out.size() - begin))));
}

/// Unpacks the rows of a picture one after the other.
class Rows {
 public:
  explicit Rows(std::string_view png) : rest_(png.substr(kHeadEnd)) {
    ready_ = ::inflateInit(&stream_) == Z_OK;
  }
  ~Rows() { ::inflateEnd(&stream_); }
  Rows(const Rows&) = delete;

  // Fills the row; false when the picture ends before.
  bool read(std::span<unsigned char> row) {
    stream_.next_out = row.data();
    stream_.avail_out = static_cast<uInt>(row.size());
    while (ready_ && stream_.avail_out > 0) {
      if (stream_.avail_in == 0 && !next_chunk()) return false;
      const int done = ::inflate(&stream_, Z_NO_FLUSH);
      if (done == Z_STREAM_END) return stream_.avail_out == 0;
      if (done != Z_OK) return false;
    }
    return ready_;
  }

 private:
  bool next_chunk() {
    while (rest_.size() >= 12) {
      const std::size_t length = number_at(rest_, 0);
      const auto type = rest_.substr(4, 4);
      if (length > rest_.size() - 12 || type == "IEND") return false;
      const auto data = rest_.substr(8, length);
      rest_.remove_prefix(12 + length);
      if (type != "IDAT" || data.empty()) continue;
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
      stream_.avail_in = static_cast<uInt>(data.size());
      return true;
    }
    return false;
  }

  std::string_view rest_;
  z_stream stream_{};
  bool ready_ = false;
};

int paeth(int left, int above, int corner) {
  const int guess = left + above - corner;
  const int to_left = std::abs(guess - left), to_above = std::abs(guess - above),
            to_corner = std::abs(guess - corner);
  if (to_left <= to_above && to_left <= to_corner) return left;
  return to_above <= to_corner ? above : corner;
}

// Turns a row's differences into samples. `row` and `above` begin with `pixel` zeros.
bool unfilter(int filter, std::span<unsigned char> row, std::span<const unsigned char> above,
              std::size_t pixel) {
  const auto each = [&](auto predicted) {
    for (std::size_t i = pixel; i < row.size(); ++i)
      row[i] = static_cast<unsigned char>(row[i] + predicted(i));
  };
  switch (filter) {
    case 0:
      break;
    case 1:
      each([&](std::size_t i) { return row[i - pixel]; });
      break;
    case 2:
      each([&](std::size_t i) { return above[i]; });
      break;
    case 3:
      each([&](std::size_t i) { return (row[i - pixel] + above[i]) / 2; });
      break;
    case 4:
      each([&](std::size_t i) { return paeth(row[i - pixel], above[i], above[i - pixel]); });
      break;
    default:
      return false;
  }
  return true;
}

std::string packed(const std::string& rows) {
  auto size = ::compressBound(static_cast<uLong>(rows.size()));
  std::string out(size, '\0');
  ::compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
              static_cast<uLong>(rows.size()), kFastest);
  out.resize(size);
  return out;
}

std::string png_of(Region part, bool has_alpha, const std::string& rows) {
  std::string head;
  add_number(head, static_cast<std::uint32_t>(part.width));
  add_number(head, static_cast<std::uint32_t>(part.height));
  head.append({8, static_cast<char>(has_alpha ? 6 : 2), 0, 0, 0});
  std::string out(kSignature);
  add_chunk(out, "IHDR", head);
  add_chunk(out, "IDAT", packed(rows));
  add_chunk(out, "IEND", "");
  return out;
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
  const bool has_alpha = png[25] == 6;
  if (png[24] != 8 || (png[25] != 2 && !has_alpha) || png[28] != 0) return no_png();
  const std::size_t pixel = has_alpha ? 4 : 3;
  // A byte for the filter and zeros for the pixel before the first one.
  const std::size_t samples = pixel + static_cast<std::size_t>(size->width) * pixel;
  std::vector<unsigned char> row(samples), above(samples), raw(1 + samples - pixel);
  const auto begin = pixel + static_cast<std::size_t>(part.x) * pixel;
  const auto length = static_cast<std::size_t>(part.width) * pixel;
  std::string out;
  Rows rows(png);
  for (int y = 0; y < part.y + part.height; ++y) {
    if (!rows.read(raw)) return no_png();
    std::copy(raw.begin() + 1, raw.end(), row.begin() + static_cast<std::ptrdiff_t>(pixel));
    if (!unfilter(raw[0], row, above, pixel)) return no_png();
    if (y >= part.y) {
      out += '\0';  // no filter
      out.append(reinterpret_cast<const char*>(row.data()) + begin, length);
    }
    std::swap(row, above);
  }
  return png_of(part, has_alpha, out);
}

}  // namespace wye::vm
