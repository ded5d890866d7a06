// What every request passes at the control plane: its version, the checks for DevTools clients and for web
// pages.
#include <string>

#include "base/encoding.h"
#include "control/api/api_path.h"
#include "control/api/misdirected.h"
#include "control/api/web_origin.h"
#include "invariant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const auto text = input.line();
  const auto host = input.line();
  const auto origin = input.rest();

  net::RequestHead head{.method = "GET", .target = std::string(text), .headers = {}, .upgrade = {}};
  const auto whole = head.path();
  const auto path = control::without_version(whole);
  WYE_INVARIANT(path == "/" || whole.ends_with(path));
  WYE_INVARIANT(path.starts_with('/') == whole.starts_with('/'));
  const auto missing = control::not_served(path);
  WYE_INVARIANT((missing.status == 501) == (missing.code == "not_implemented"));
  const control::Misdirected misdirected(metro::MetroOrigin::parse("https://gw.example").value());
  const auto told = misdirected.refusal(head, path);
  // A socket below a browser is the VM's, unless it is meant for DevTools; elsewhere there is none.
  head.upgrade = "websocket";
  WYE_INVARIANT(!told || misdirected.refusal(head, path));
  if (!net::is_well_formed_path(path)) WYE_INVARIANT(misdirected.refusal(head, path));

  const control::WebOrigin rule("127.0.0.1", {"api.example"});
  if (rule.allows_host(host)) {
    auto name = host.substr(0, host.rfind(':'));
    if (name.ends_with('.')) name.remove_suffix(1);
    // A host that is neither an address nor a name of one word must be one that the operator named.
    if (host.find('[') == std::string_view::npos && name.find('.') != std::string_view::npos &&
        name.find_first_not_of("0123456789.") != std::string_view::npos)
      WYE_INVARIANT(ascii_lower(host).find("api.example") == 0 ||
                    ascii_lower(host).find("localhost") != std::string::npos);
  }
  if (rule.is_own_origin(origin, host))
    WYE_INVARIANT(origin.ends_with(host) || iequals(origin.substr(origin.find("://") + 3), host));
  return 0;
}
