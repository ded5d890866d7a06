#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>

#include "cli/cdp/local_cdp.h"
#include "cli/command.h"
#include "cli/output.h"
#include "net/host_port.h"

namespace wye::cli {
namespace {

constexpr const char* kUsualAddress = "127.0.0.1:9222";

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Connects like the client (ClientOptions).
net::HttpClient::Options way_of(const Arguments& arguments) {
  const char* from_environment = std::getenv("WYE_CA_FILE");
  return {.ca_file = arguments.get("ca-file").value_or(from_environment != nullptr ? from_environment : ""),
          .proxy = arguments.get("proxy")};
}

void print_address(const Arguments& arguments, const std::string& address, const std::string& session_id) {
  const auto url = "http://" + address;
  const auto socket = local_browser_url(address, session_id);
  if (wants_json(arguments)) {
    const boost::json::object out{{"session_id", session_id}, {"url", url}, {"webSocketDebuggerUrl", socket}};
    std::printf("%s\n", boost::json::serialize(out).c_str());
  } else {
    std::printf("DevTools listening on %s\n", socket.c_str());
  }
  std::fflush(stdout);
  std::fprintf(
      stderr, "%s\n",
      dim("clients take " + url + "; each program of this machine may use it; Ctrl-C ends it", 2).c_str());
}

int print_url(const Arguments& arguments) {
  const auto browser = make_client(arguments).browsers().retrieve(arguments.words[0]);
  if (!browser) return fail(browser.error());
  if (wants_json(arguments))
    std::printf("%s\n",
                boost::json::serialize(boost::json::object{{"cdp_ws_url", browser->cdp_ws_url}}).c_str());
  else
    std::printf("%s\n", browser->cdp_ws_url.c_str());
  return 0;
}

int cdp(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  if (arguments.has("print") && arguments.has("listen")) return fail_usage("either --print or --listen");
  if (arguments.has("print")) return print_url(arguments);
  const auto where = net::parse_host_port(arguments.get("listen").value_or(kUsualAddress));
  if (!where) return fail_usage("--listen: " + where.error().message);
  const bool network = arguments.has("allow-network");
  if (!network && !is_loopback(where->host))
    return fail_usage(
        "--listen takes a loopback address; with --allow-network everyone who reaches another one has the "
        "browser");
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0]);
  if (!browser) return fail(browser.error());
  SessionLink link(client, *browser, way_of(arguments));
  LocalCdp local(link, *where, network);
  const auto address = local.listen();
  if (!address) return fail(address.error(), "another port: --listen 127.0.0.1:0 picks a free one");
  print_address(arguments, *address, browser->session_id);
  const auto ended = local.run();
  const int code = ended ? fail({.kind = ErrorKind::not_found,
                                 .code = "browser_gone",
                                 .message = "the browser " + browser->session_id + " has ended"},
                                "`wye browsers create` makes another one")
                         : 0;
  std::fflush(stdout);
  ::_exit(code);  // calls under way may take seconds, and nobody waits for them
}

}  // namespace

Command browsers_cdp_command() {
  return {.name = "browsers cdp",
          .parameters = "ID|NAME",
          .summary = "its DevTools at a local address, for clients that know only host and port",
          .details =
              "  wye browsers cdp checkout-1                                # 127.0.0.1:9222, until Ctrl-C\n"
              "  wye browsers cdp checkout-1 --listen 127.0.0.1:0 -o json   # a free port, named on standard "
              "output\n"
              "  wye browsers cdp checkout-1 --print                        # the session's own URL, which "
              "holds its token\n\n"
              "  chrome-remote-interface   CDP({ host: '127.0.0.1', port: 9222, local: true })\n"
              "  lighthouse                lighthouse https://example.com --port 9222 --hostname 127.0.0.1\n"
              "  Puppeteer                 puppeteer.connect({ browserURL: 'http://127.0.0.1:9222' })\n"
              "  Playwright                chromium.connectOverCDP('http://127.0.0.1:9222')\n\n"
              "Serves /json/* and WebSockets as Chromium does, and asks for no key: programs of this machine "
              "may use it, web\n"
              "pages may not. A Chromium that restarts closes its WebSockets; the next connection finds the "
              "new one. Ends with\n"
              "code 1 when the browser has ended.\n",
          .options = with_client_options(
              {{"listen", 0, "HOST:PORT", "where (default 127.0.0.1:9222; port 0 picks a free one)"},
               {"allow-network", 0, "", "HOST may be reached by others, who then have the browser"},
               {"print", 0, "", "print the session's CDP URL instead; whoever has it has the browser"}}),
          .min_words = 1,
          .max_words = 1,
          .run = cdp};
}

}  // namespace wye::cli
