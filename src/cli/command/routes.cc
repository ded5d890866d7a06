#include <boost/json.hpp>
#include <cstdio>

#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/output.h"

namespace wye::cli {
namespace {

int routes(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  const auto client = make_client(arguments);
  auto browsers = client.browsers().list({.limit = 100});
  for (auto& item : browsers)
    if (!item.result()) return fail(item.result().error());
  boost::json::array all;
  std::vector<std::vector<std::string>> rows{{"SESSION", "NAME", "DIRECT TO", "UNTIL"}};
  for (const auto& route : client.routes()) {
    const auto until = route.expires_at == 0 ? std::string("-") : rfc3339(route.expires_at * 1'000'000);
    all.push_back({{"session_id", route.session_id},
                   {"base_url", route.base_url},
                   {"names", boost::json::value_from(route.names)},
                   {"expires_at", until}});
    rows.push_back(
        {route.session_id, route.names.empty() ? "-" : route.names.front(), route.base_url, until});
  }
  if (wants_json(arguments))
    std::printf("%s\n", boost::json::serialize(all).c_str());
  else if (rows.size() == 1)
    std::fprintf(stderr, "no routes: no live browsers\n");
  else
    print_table(rows);
  return 0;
}

}  // namespace

std::vector<Command> routes_commands() {
  return {{.name = "routes",
           .summary = "where each live browser's VM is reached directly",
           .details = "What a client learns from the list of browsers; tokens are never shown.\n\n"
                      "  wye routes\n",
           .options = with_client_options({}),
           .run = routes}};
}

}  // namespace wye::cli
