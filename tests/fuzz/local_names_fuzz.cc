// What comes to `wye browsers cdp` from the programs and web pages of a machine, and what a session answers
// to it.
#include <boost/json.hpp>
#include <string>

#include "cli/cdp/local_names.h"
#include "invariant.h"
#include "net/loopback_host.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  constexpr std::string_view kSession = "s1", kSecret = "SECRET", kHere = "127.0.0.1:9222";
  fuzz::Input input(data, size);
  const std::string path(input.line()), host(input.line()), origin(input.line());
  const auto body = input.rest();

  const cli::LocalClients local(false), network(true);
  if (!local.refusal({{"Host", host}})) {
    WYE_INVARIANT(net::is_loopback_host(net::host_of_url("http://" + host + "/")));
    WYE_INVARIANT(host.find_first_of(" /\\\"'<>%@?#") == std::string::npos);
    WYE_INVARIANT(!network.refusal({{"Host", host}}));
  }
  if (!local.refusal({{"Host", std::string(kHere)}, {"Origin", origin}}))
    WYE_INVARIANT(origin == "devtools://devtools");

  if (const auto found = cli::session_path(path, kSession)) {
    WYE_INVARIANT(found->path.find_first_of("%?#\\ ") == std::string::npos);
    WYE_INVARIANT(found->path.find("..") == std::string::npos);
    WYE_INVARIANT(found->is_socket ? found->path.empty() || found->path.starts_with("/devtools/page/")
                                   : found->path.starts_with("/json"));
  }

  const auto shown = cli::with_local_urls(body, kHere, kSession, kSecret);
  if (!shown) return 0;
  WYE_INVARIANT(shown->find(kSecret) == std::string::npos);
  WYE_INVARIANT(cli::with_local_urls(*shown, kHere, kSession, kSecret) == shown);
  const auto read = boost::json::parse(*shown);
  const auto is_here = [&](const boost::json::value& target) {
    const auto* object = target.if_object();
    const auto* url = object != nullptr ? object->if_contains("webSocketDebuggerUrl") : nullptr;
    return url == nullptr || url->as_string().starts_with("ws://127.0.0.1:9222/devtools/");
  };
  WYE_INVARIANT(is_here(read));
  if (const auto* list = read.if_array())
    for (const auto& target : *list) WYE_INVARIANT(is_here(target));
  return 0;
}
