#include "routing/session_end.h"

#include "base/encoding.h"
#include "routing/browser_path.h"
#include "wire/json_codec.h"

namespace wye::routing {
namespace {

std::string session_of_body(std::string_view body) {
  const auto parsed = wire::parse_json(body);
  const auto* object = parsed ? parsed->if_object() : nullptr;
  const auto* id = object != nullptr ? object->if_contains("session_id") : nullptr;
  return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string();
}

bool is_one_segment(std::string_view text) {
  return !text.empty() && text.find('/') == std::string_view::npos;
}

}  // namespace

std::string session_ended_by(const Request& request, std::string_view path_below_base) {
  constexpr std::string_view kBrowsers = "browsers/", kPools = "browser_pools/", kRelease = "/release";
  auto path = without_version(path_below_base);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (request.method == "DELETE" && path.starts_with(kBrowsers)) {
    const auto id = path.substr(kBrowsers.size());
    return is_one_segment(id) ? percent_decode(id).value_or("") : "";
  }
  if (request.method == "POST" && path.starts_with(kPools) && path.ends_with(kRelease) &&
      path.size() > kPools.size() + kRelease.size() &&
      is_one_segment(path.substr(kPools.size(), path.size() - kPools.size() - kRelease.size())))
    return session_of_body(request.body);
  return {};
}

}  // namespace wye::routing
