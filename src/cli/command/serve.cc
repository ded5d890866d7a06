#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/try.h"
#include "cli/byte_size.h"
#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/duration.h"
#include "cli/output.h"
#include "cli/own_paths.h"
#include "control/server.h"

namespace wye::cli {
namespace {

// Reads one of the server's bounds; keeps the default when the option is absent.
Result<void> read_bound(const Arguments& arguments, const char* option, std::size_t& out) {
  const auto text = arguments.get(option);
  if (!text) return {};
  const auto value = to_integer(*text, option);
  if (!value) return value.error();
  if (*value < 1 || *value > 10'000)
    return Error{.kind = ErrorKind::invalid,
                 .code = "usage",
                 .message = std::string("--") + option + " takes 1 to 10000"};
  out = static_cast<std::size_t>(*value);
  return {};
}

Result<void> read_archive_limits(const Arguments& arguments, control::ArchiveLimits& out) {
  std::size_t days = 0;
  WYE_CHECK(read_bound(arguments, "archive-days", days));
  if (days > 0) out.keep = std::chrono::hours(24 * days);
  const auto size = arguments.get("archive-max-size");
  if (!size) return {};
  WYE_TRY(out.max_bytes, parse_byte_size(*size));
  return {};
}

Result<void> read_alone_within(const Arguments& arguments, std::optional<std::chrono::seconds>& out) {
  const auto text = arguments.get("alone-for");
  if (!text) return {};
  const auto within = parse_duration(*text);
  if (!within)
    return Error{
        .kind = ErrorKind::invalid, .code = "usage", .message = "--alone-for: " + within.error().message};
  out = within->count() == 0 ? std::nullopt : std::optional(*within);
  return {};
}

int serve(const Arguments& arguments) {
  control::ServeOptions options;
  if (const auto read = read_bound(arguments, "max-sessions", options.max_sessions); !read)
    return fail_usage(read.error().message);
  if (const auto read = read_bound(arguments, "concurrent-creates", options.concurrent_creates); !read)
    return fail_usage(read.error().message);
  if (const auto read = read_archive_limits(arguments, options.archive); !read)
    return fail_usage(read.error().message);
  if (const auto read = read_alone_within(arguments, options.alone_within); !read)
    return fail_usage(read.error().message);
  auto database = read_database(arguments);
  if (!database) return fail_usage(database.error().message);
  options.database = std::move(*database);
  options.take_over = arguments.has("take-over");
  options.end_browsers = arguments.has("end-browsers");
  options.listen = arguments.get("listen").value_or("127.0.0.1:7711");
  options.metro_listen = arguments.get("metro-listen").value_or("");
  options.metro_url = arguments.get("metro-url").value_or("");
  options.allowed_hosts = arguments.all("allow-host");
  options.tls_certificate = arguments.get("tls-cert").value_or("");
  options.tls_key = arguments.get("tls-key").value_or("");
  options.data_dir = arguments.get("data-dir").value_or("data");
  const char* key = std::getenv("WYE_API_KEY");
  options.api_key = arguments.get("api-key").value_or(key != nullptr ? key : "");
  options.make_first_key = !arguments.has("no-first-key");
  options.allow_host_loopback = arguments.has("allow-host-loopback");
  options.allow_private_export = arguments.has("allow-private-export");
  options.agent_path = arguments.get("agent").value_or(agent_binary());
  options.relay_path = relay_binary();
  options.launcher = vm_launcher();
  const char* level = std::getenv("KERNEL_LOG");
  options.log_level = parse_log_level(level != nullptr ? level : "", LogLevel::info);
  return control::run_server(options);
}

}  // namespace

std::vector<Command> serve_commands() {
  return {
      {.name = "serve",
       .parameters = "--data-dir DIR",
       .summary = "run the platform on this machine",
       .details =
           "Control plane and metro in one process. Prints `wye ready base_url=…` once it serves; "
           "SIGTERM ends it, its\n"
           "browsers live on and are adopted by the next start; Ctrl-C says how many, and a second one ends "
           "them, as\n"
           "`wye stop` does. The first start without a key makes one and shows it once.\n\n"
           "  wye serve --data-dir data\n"
           "  wye serve --listen 127.0.0.1:0 --data-dir /tmp/wye --allow-host-loopback   # for tests\n"
           "  wye serve --database postgres://wye@db.example/wye --data-dir data         # "
           "docs/postgresql.md\n",
       .options =
           {{"listen", 0, "HOST:PORT",
             "control plane (default 127.0.0.1:7711; IPv6: [::1]:7711; port 0 picks a free one)"},
            {"metro-listen", 0, "HOST:PORT", "metro (default: the same host, the port of the last start)"},
            {"metro-url", 0, "URL",
             "the metro's origin as clients reach it; https://*.HOST: one for each session"},
            {"allow-host", 0, "NAME",
             "a name in Host that the control plane answers to, besides addresses and localhost; may be "
             "given again",
             true},
            {"tls-cert", 0, "FILE", "serve https: the certificate chain in PEM; SIGHUP reads it again"},
            {"tls-key", 0, "FILE", "its private key in PEM, for nobody else to read"},
            {"data-dir", 0, "DIR", "database and sessions (default ./data)"},
            {"database", 0, "URL",
             "keep the record in PostgreSQL: postgres://USER@HOST/DATABASE (default: WYE_DATABASE; else in "
             "DIR)"},
            {"database-file", 0, "FILE", "the same, from a file, which may hold a password"},
            {"take-over", 0, "", "of a database whose data directory is lost: its browsers have ended"},
            {"api-key", 0, "KEY", "an API key to accept (default: WYE_API_KEY)"},
            {"no-first-key", 0, "", "make none at the first start; `wye keys create` does"},
            {"agent", 0, "FILE", "the agent to run in VMs (default: wye-vm beside this program)"},
            {"max-sessions", 0, "N", "browsers at once; beyond, 429 (default 256)"},
            {"concurrent-creates", 0, "N", "browsers that start at once; others wait their turn (default 8)"},
            {"archive-days", 0, "N", "telemetry is kept so long after a browser's end (default 30)"},
            {"archive-max-size", 0, "SIZE",
             "of all archived telemetry; beyond, ended browsers' goes, oldest first (default 20GiB; 0 = no "
             "bound)"},
            {"end-browsers", 0, "", "SIGTERM and Ctrl-C end the browsers, too"},
            {"alone-for", 0, "TIME",
             "a browser ends itself when no server comes back for so long (default 24h; 0 = never)"},
            {"allow-host-loopback", 0, "",
             "browsers reach this host's loopback as http://host.wye.internal:PORT"},
            {"allow-private-export", 0, "",
             "telemetry may be exported to loopback and private addresses (docs/export.md)"}},
       .run = serve}};
}

}  // namespace wye::cli
