#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/output.h"
#include "cli/own_paths.h"
#include "control/data_dir.h"
#include "control/store/postgres/examine.h"
#include "host/bubblewrap/doctor.h"

namespace wye::cli {
namespace {

std::string mark(host::Health health) {
  switch (health) {
    case host::Health::ok:
      return green("ok");
    case host::Health::warning:
      return yellow("warn");
    case host::Health::failure:
      break;
  }
  return red("fail");
}

const char* word(host::Health health) {
  return health == host::Health::ok ? "ok" : health == host::Health::warning ? "warning" : "failure";
}

host::Finding data_directory(const std::string& path) {
  const auto checked = control::check_data_dir(path);
  if (checked) return {"data directory", host::Health::ok, path + " is this user's alone to write", ""};
  if (checked.error().kind == ErrorKind::not_found)
    return {"data directory", host::Health::ok, path + " is made by the first start", ""};
  return {"data directory", host::Health::failure, checked.error().code, checked.error().message};
}

host::Finding database(const control::postgres::DatabaseAddress& address) {
  constexpr std::int64_t kPlacesOfAServer = 20;
  const auto examined = control::postgres::examine(address);
  const std::string name = "database";
  if (!examined) return {name, host::Health::failure, examined.error().code, examined.error().message};
  auto found = "PostgreSQL " + examined->version;
  found += examined->schema == 0 ? ", nothing of Wye's yet" : ", schema " + std::to_string(examined->schema);
  if (examined->is_served) found += ", a server works on it";
  if (examined->schema == 0 && !examined->may_make_schema)
    return {name, host::Health::failure, found, "GRANT CREATE ON DATABASE to its user, for the schema `wye`"};
  if (!examined->survives_power_cut)
    return {name, host::Health::warning, found,
            "a power cut may take what was committed: set fsync and full_page_writes"};
  if (examined->places < kPlacesOfAServer)
    return {name, host::Health::warning, found, "a server uses up to 18 connections: raise max_connections"};
  if (!examined->survives_failover)
    found += "; without a synchronous standby a failover may lose the last commits";
  return {name, host::Health::ok, found, ""};
}

int doctor(const Arguments& arguments) {
  const auto data_dir = arguments.get("data-dir").value_or("data");
  constexpr std::int64_t kMostSessions = 10'000;
  const auto sessions = to_integer(arguments.get("max-sessions").value_or("256"), "max-sessions");
  if (!sessions) return fail_usage(sessions.error().message);
  if (*sessions < 1 || *sessions > kMostSessions) return fail_usage("--max-sessions takes 1 to 10000");
  auto findings = host::examine_machine(data_dir, agent_binary(), *sessions);
  findings.push_back(data_directory(data_dir));
  const auto address = read_database(arguments);
  if (!address) return fail_usage(address.error().message);
  if (*address) findings.push_back(database(**address));
  bool able = true;
  boost::json::array out;
  for (const auto& finding : findings) {
    able = able && finding.health != host::Health::failure;
    out.push_back({{"name", finding.name},
                   {"health", word(finding.health)},
                   {"found", finding.found},
                   {"next_step", finding.next_step}});
    if (wants_json(arguments)) continue;
    std::printf("%-4s  %-16s %s\n", mark(finding.health).c_str(), finding.name.c_str(),
                finding.found.c_str());
    if (!finding.next_step.empty()) std::printf("      %-16s → %s\n", "", bold(finding.next_step).c_str());
  }
  if (wants_json(arguments))
    std::printf("%s\n", boost::json::serialize(out).c_str());
  else
    std::printf("\n%s\n", able ? "This machine can run browsers: wye serve --data-dir data"
                               : "This machine cannot run browsers yet; take the steps above.");
  return able ? 0 : 1;
}

}  // namespace

std::vector<Command> doctor_commands() {
  return {
      {.name = "doctor",
       .summary = "what this machine lacks to run browsers, and the next step for each",
       .details =
           "Looks at the machine as the calling user sees it. Exit code 1 when something is missing.\n\n"
           "  wye doctor\n"
           "  wye doctor --max-sessions 64     # do the host's limits last for that many?\n"
           "  wye doctor -o json | jq '.[] | select(.health != \"ok\")'\n",
       .options = {{"data-dir", 0, "DIR", "where `wye serve` will keep its data (default ./data)"},
                   {"max-sessions", 0, "N", "browsers at once, as for `wye serve` (default 256)"},
                   {"database", 0, "URL", "looks at this PostgreSQL database, too (default: WYE_DATABASE)"},
                   {"database-file", 0, "FILE", "the same, from a file"},
                   {"output", 'o', "json|table", "json for programs"}},
       .run = doctor}};
}

}  // namespace wye::cli
