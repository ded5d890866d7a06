#include "vm/telemetry/collector/body_text.h"

#include <array>

#include "base/encoding.h"
#include "events/make_record.h"

namespace wye::vm {

std::size_t body_limit(std::string_view mime_type) {
  const auto mime = ascii_lower(mime_type.substr(0, mime_type.find(';')));
  const std::string_view type = mime;
  for (const std::string_view structured :
       {"application/json", "text/json", "application/xml", "text/xml", "application/x-www-form-urlencoded",
        "multipart/form-data", "application/x-ndjson", "application/graphql"})
    if (type == structured) return kStructuredBody;
  if (type.ends_with("+json") || type.ends_with("+xml")) return kStructuredBody;
  if (type.starts_with("text/")) return kOtherTextBody;
  for (const std::string_view text :
       {"application/javascript", "application/x-javascript", "application/ecmascript",
        "application/x-mpegurl", "application/vnd.apple.mpegurl", "application/yaml"})
    if (type == text) return kOtherTextBody;
  return 0;
}

std::string body_text(std::string_view body, bool is_base64, std::size_t limit) {
  if (!is_base64) return events::cut_text(body, limit);
  // Base64 has four bytes for three of the body; takes a little more than the limit, so that the cut is
  // noticed.
  const auto needed = (limit + 8) / 3 * 4 + 4;
  const auto bytes = base64_decode(body.size() > needed ? body.substr(0, needed / 4 * 4) : body);
  return bytes ? events::cut_text(utf8_decode(*bytes), limit) : std::string();
}

}  // namespace wye::vm
