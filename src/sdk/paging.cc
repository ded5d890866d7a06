#include "sdk/paging.h"

#include <charconv>

#include "base/encoding.h"

namespace wye::sdk {

NextPage next_page(const HeaderFields& headers) {
  NextPage out{.has_more = iequals(header(headers, "X-Has-More"), "true")};
  const auto text = header(headers, "X-Next-Offset");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.offset);
  if (error != std::errc() || end != text.data() + text.size() || out.offset < 0) out.offset = 0;
  return out;
}

}  // namespace wye::sdk
