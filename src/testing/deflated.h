#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace wye::testing {

/// Compresses a WebSocket message as permessage-deflate does (RFC 7692 §7.2.1): without the four bytes that
/// end it.
inline std::string deflated(std::string_view text) {
  z_stream stream = {};
  if (::deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string out(text.size() + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (::deflate(&stream, Z_SYNC_FLUSH) != Z_OK) throw std::runtime_error("deflate");
  out.resize(out.size() - stream.avail_out - 4);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace wye::testing
