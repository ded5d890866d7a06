#include "control/api/api_path.h"

#include <algorithm>

#include "base/encoding.h"
#include "wire/known_api.h"

namespace wye::control {
namespace {

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view next_segment(std::string_view& rest) {
  const auto end = std::min(rest.find('/'), rest.size());
  const auto segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

bool climbs(std::string_view path) {
  while (!path.empty()) {
    const auto segment = percent_decode(next_segment(path));
    if (!segment || *segment == "." || *segment == ".." || segment->find('\0') != std::string::npos ||
        segment->find('/') != std::string::npos || segment->find('\\') != std::string::npos)
      return true;
  }
  return false;
}

}  // namespace

ApiPath parse_api_path(std::string_view path) {
  ApiPath out;
  if (path == "/healthz") return {ApiPath::Kind::health, "", ""};
  if (path == "/metrics") return {ApiPath::Kind::metrics, "", ""};
  if (!path.starts_with('/')) return {ApiPath::Kind::bad, "", ""};
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (climbs(path)) return {ApiPath::Kind::bad, "", ""};
  auto rest = path;
  auto first = next_segment(rest);
  if (is_version(first)) {
    path = rest;
    first = next_segment(rest);
  }
  if (wire::is_known_resource(path)) return {ApiPath::Kind::not_here, "", std::string(path)};
  if (first == "auth" && rest == "context") return {ApiPath::Kind::auth_context, "", ""};
  const bool keys = first == "org" && next_segment(rest) == "api_keys";
  if (keys && rest.empty()) return {ApiPath::Kind::keys, "", ""};
  const bool destinations = first == "telemetry" && next_segment(rest) == "destinations";
  if (destinations && rest.empty()) return {ApiPath::Kind::destinations, "", ""};
  if (first != "browsers" && !keys && !destinations) return out;
  if (rest.empty()) return {ApiPath::Kind::browsers, "", ""};
  const auto id = percent_decode(next_segment(rest));
  if (!id || id->empty() || !is_utf8(*id)) return {ApiPath::Kind::bad, "", ""};
  if (keys) return {ApiPath::Kind::key, *id, std::string(rest)};
  if (destinations) return {ApiPath::Kind::destination, *id, std::string(rest)};
  return {rest.empty() ? ApiPath::Kind::browser : ApiPath::Kind::subresource, *id, std::string(rest)};
}

}  // namespace wye::control
