#include "routing/query.h"

#include "base/encoding.h"

namespace wye::routing {
namespace {

bool is_jwt(std::string_view pair) {
  const auto name = pair.substr(0, pair.find('='));
  return name == "jwt" || (name.find('%') != std::string_view::npos && percent_decode(name) == "jwt");
}

template <class Visit>
void each_pair(std::string_view query, Visit visit) {
  while (true) {
    const auto end = query.find('&');
    visit(query.substr(0, end));
    if (end == std::string_view::npos) return;
    query.remove_prefix(end + 1);
  }
}

}  // namespace

std::string without_jwt(std::string_view query) {
  std::string out;
  bool first = true;
  each_pair(query, [&](std::string_view pair) {
    if (is_jwt(pair)) return;
    if (!first) out += '&';
    out += pair;
    first = false;
  });
  return out;
}

std::string with_jwt(std::string_view query, std::string_view jwt) {
  auto out = without_jwt(query);
  if (!out.empty()) out += '&';
  return (out += "jwt=") += percent_encode(jwt);
}

bool has_jwt(std::string_view query) {
  bool found = false;
  each_pair(query, [&](std::string_view pair) { found = found || is_jwt(pair); });
  return found;
}

}  // namespace wye::routing
