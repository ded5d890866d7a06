#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace wye::testing {

/// Unpacks whole gzip data of at most 16 MiB; throws for anything else. Its users link zlib.
inline std::string gunzip(const std::string& in) {
  z_stream stream{};
  ::inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out(16u << 20, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = ::inflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  if (!whole) throw std::runtime_error("no gzip data");
  return out;
}

}  // namespace wye::testing
