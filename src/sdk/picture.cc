#include "sdk/picture.h"

namespace wye::sdk {
namespace {

using namespace std::string_view_literals;

constexpr auto kHead =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv;  // the signature, and its first chunk's length and name
constexpr auto kEnd = "\0\0\0\0IEND\xae\x42\x60\x82"sv;
constexpr std::size_t kSmallest = kHead.size() + 17 + kEnd.size();
constexpr std::int64_t kLargestSide = 0x7fffffff;

std::int64_t number_at(std::string_view bytes, std::size_t at) {
  std::int64_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

}  // namespace

Result<PictureSize> size_of_png(std::string_view bytes) {
  const auto bad = [](const char* why) {
    return Error{.kind = ErrorKind::invalid, .code = "bad_picture", .message = why};
  };
  if (bytes.size() < kSmallest || !bytes.starts_with(kHead)) return bad("the picture is no PNG");
  if (!bytes.ends_with(kEnd)) return bad("the picture has no end");
  const PictureSize size{number_at(bytes, kHead.size()), number_at(bytes, kHead.size() + 4)};
  if (size.width < 1 || size.height < 1 || size.width > kLargestSide || size.height > kLargestSide)
    return bad("the picture has no size");
  return size;
}

}  // namespace wye::sdk
