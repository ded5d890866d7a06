#include "routing/rewrite.h"

#include "base/encoding.h"

namespace wye::routing {

std::string without_jwt(std::string_view query) {
  std::string out;
  for (bool more = !query.empty(); more;) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto name = pair.substr(0, pair.find('='));
    if (percent_decode(name).value_or(std::string(name)) != "jwt") {
      if (!out.empty()) out += '&';
      out += pair;
    }
    more = end != std::string_view::npos;
    if (more) query.remove_prefix(end + 1);
  }
  return out;
}

std::string direct_url(const Route& route, std::string_view tail, std::string_view query) {
  std::string_view base = route.base_url;
  while (base.ends_with('/')) base.remove_suffix(1);
  std::string out(base);
  out += '/';
  out += tail;
  const auto kept = without_jwt(query);
  out += kept.empty() ? "?jwt=" : "?" + kept + "&jwt=";
  return out + percent_encode(route.jwt);
}

HeaderFields without_authorization(const HeaderFields& headers) {
  HeaderFields out;
  for (const auto& field : headers)
    if (!iequals(field.first, "authorization") && !iequals(field.first, "host")) out.push_back(field);
  return out;
}

}  // namespace wye::routing
