#include "sdk/paths.h"

#include "base/encoding.h"
#include "base/try.h"

namespace wye::sdk {

void Query::add(std::string_view name, const std::optional<std::string>& value) {
  if (!value) return;
  if (!text_.empty()) text_ += '&';
  text_ += percent_encode(name) + '=' + percent_encode(*value);
}

void Query::add(std::string_view name, const std::optional<std::int64_t>& value) {
  if (value) add(name, std::optional(std::to_string(*value)));
}

void Query::add_list(std::string_view name, const std::vector<std::string>& values) {
  std::string joined;
  for (const auto& value : values) joined += (joined.empty() ? "" : ",") + value;
  if (!joined.empty()) add(name, std::optional(std::move(joined)));
}

Result<std::string> path_segment(std::string_view text, const char* message) {
  if (text.empty() || text == "." || text == "..")
    return Error{.kind = ErrorKind::invalid, .code = "bad_request", .message = message};
  return percent_encode(text);
}

Result<std::string> browser_path(std::string_view id_or_name, std::string_view tail) {
  WYE_TRY(const auto segment, path_segment(id_or_name, "a browser is named by its session id or its name"));
  return "/browsers/" + segment + std::string(tail);
}

Request json_request(std::string method, std::string path, std::string body) {
  return {.method = std::move(method),
          .path = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

}  // namespace wye::sdk
