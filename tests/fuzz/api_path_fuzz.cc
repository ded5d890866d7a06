// A request's path at the control plane: one meaning, no climbing, nothing of it lost on the way to the VM.
#include <string>

#include "base/encoding.h"
#include "control/api/api_path.h"
#include "control/api/web_origin.h"
#include "invariant.h"
#include "metro/metro_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  using Kind = control::ApiPath::Kind;
  fuzz::Input input(data, size);
  const auto text = input.line();
  const auto host = input.line();
  const auto origin = input.rest();

  const auto path = control::parse_api_path(text);
  if (path.kind == Kind::browser || path.kind == Kind::subresource) {
    WYE_INVARIANT(!path.id.empty() && is_utf8(path.id) && path.id != "." && path.id != "..");
    WYE_INVARIANT(path.id.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos);
  }
  const bool may_have_tail =
      path.kind == Kind::subresource || path.kind == Kind::key || path.kind == Kind::destination;
  WYE_INVARIANT(path.tail.empty() ? path.kind != Kind::subresource : may_have_tail);
  if (path.kind == Kind::subresource) {
    WYE_INVARIANT(text.find(path.tail) != std::string_view::npos);
    std::string_view rest = path.tail;
    while (!rest.empty()) {
      const auto end = rest.find('/');
      const auto segment = percent_decode(rest.substr(0, end)).value_or("..");
      WYE_INVARIANT(segment != "." && segment != "..");
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }

  const control::WebOrigin rule("127.0.0.1", {"api.example"});
  if (rule.allows_host(host)) {
    auto name = host.substr(0, host.rfind(':'));
    if (name.ends_with('.')) name.remove_suffix(1);
    // What is neither an address nor a name of one word is one that was named.
    if (host.find('[') == std::string_view::npos && name.find('.') != std::string_view::npos &&
        name.find_first_not_of("0123456789.") != std::string_view::npos)
      WYE_INVARIANT(ascii_lower(host).find("api.example") == 0 ||
                    ascii_lower(host).find("localhost") != std::string::npos);
  }
  if (rule.is_own_origin(origin, host))
    WYE_INVARIANT(origin.ends_with(host) || iequals(origin.substr(origin.find("://") + 3), host));
  return 0;
}
