#include "sdk/paths.h"

#include "base/encoding.h"

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

Result<std::string> browser_path(std::string_view id_or_name, std::string_view tail) {
  if (id_or_name.empty() || id_or_name == "." || id_or_name == "..")
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_request",
                 .message = "a browser is named by its session id or its name"};
  return "/browsers/" + percent_encode(id_or_name) + std::string(tail);
}

Request json_request(std::string method, std::string path, std::string body) {
  return {.method = std::move(method),
          .path = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

}  // namespace wye::sdk
