#include "wye/route.h"

namespace wye {

std::string_view to_string(Via via) {
  switch (via) {
    case Via::none:
      return "none";
    case Via::direct:
      return "direct";
    case Via::control_plane:
      return "control_plane";
    case Via::elsewhere:
      return "elsewhere";
  }
  return "none";
}

std::string_view to_string(RouteReason reason) {
  switch (reason) {
    case RouteReason::none:
      return "none";
    case RouteReason::direct:
      return "direct";
    case RouteReason::no_route:
      return "no_route";
    case RouteReason::not_allowed:
      return "not_allowed";
    case RouteReason::not_a_browser_path:
      return "not_a_browser_path";
    case RouteReason::not_control_plane:
      return "not_control_plane";
    case RouteReason::browser_gone:
      return "browser_gone";
    case RouteReason::stale_route:
      return "stale_route";
  }
  return "none";
}

}  // namespace wye
