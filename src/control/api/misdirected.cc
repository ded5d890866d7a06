#include "control/api/misdirected.h"

#include "base/encoding.h"
#include "wire/known_api.h"

namespace wye::control {

Misdirected::Misdirected(const metro::MetroOrigin& metro)
    : tls_(metro.scheme() == "https"),
      host_(metro.per_session() ? metro.host_of("SESSION") : metro.host_of({})) {}

std::optional<Error> Misdirected::refusal(const net::RequestHead& head, std::string_view path) const {
  net::PathParameters parameters;
  const bool matches =
      net::is_well_formed_path(path) && subresource_.match(path, parameters) == net::PathMatch::yes;
  const auto tail = parameters.rest();
  const bool is_subresource = matches && !tail.empty();
  const bool wants_socket = iequals(head.upgrade, "websocket") && !is_subresource;
  const bool asks_devtools =
      is_subresource ? wire::is_devtools_path("/" + std::string(tail)) : wire::is_devtools_path(head.path());
  if (!wants_socket && !asks_devtools) return std::nullopt;
  return wire::wrong_cdp_url(tls_, host_);
}

}  // namespace wye::control
