#include <boost/json.hpp>
#include <cstdio>

#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/output.h"
#include "cli/own_paths.h"
#include "control/backup.h"
#include "control/server_store.h"
#include "host/make_driver.h"

namespace wye::cli {
namespace {

std::string counted(const control::DatabaseCounts& counts) {
  return std::to_string(counts.sessions) + " browsers (" + std::to_string(counts.unfinished) +
         " of them not ended), " + std::to_string(counts.events) + " archived events, " +
         std::to_string(counts.keys) + " API keys";
}

boost::json::object json_of(const control::DatabaseCounts& counts) {
  return {{"browsers", counts.sessions},
          {"not_ended", counts.unfinished},
          {"archived_events", counts.events},
          {"api_keys", counts.keys}};
}

// Refuses, because PostgreSQL has its own tools for this, which work while others write.
std::optional<int> refuse_database(const Arguments& arguments, const std::string& instead) {
  const auto database = read_database(arguments);
  if (!database) return fail_usage(database.error().message);
  if (!*database) return std::nullopt;
  return fail({.kind = ErrorKind::unsupported,
               .code = "not_for_postgresql",
               .message = "the record is in " + (*database)->text() + "; " + instead +
                          " (docs/postgresql.md, Commands)"});
}

int backup(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  const std::string with = "back it up with `pg_dump --format=custom --schema=wye --file=wye.dump`";
  if (const auto refused = refuse_database(arguments, with)) return *refused;
  const auto here = control::check_record_is_here(arguments.get("data-dir").value_or("data"), with);
  if (!here) return fail(here.error());
  const auto& file = arguments.words[0];
  const SystemClock clock;
  const auto done =
      control::back_up(arguments.get("data-dir").value_or("data"), file, arguments.has("force"), clock);
  if (!done) return fail(done.error());
  if (wants_json(arguments))
    std::printf("%s\n", boost::json::serialize(json_of(*done)).c_str());
  else
    std::printf("%s: %s\n", file.c_str(), counted(*done).c_str());
  return 0;
}

int restore(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  if (const auto refused = refuse_database(
          arguments, "restore a dump with `pg_restore`, then `wye serve --take-over` on an empty --data-dir"))
    return *refused;
  const auto directory = arguments.get("data-dir");
  if (!directory) return fail_usage("wye restore FILE --data-dir DIR");
  const SystemClock clock;
  const auto driver = host::make_driver({.launcher = vm_launcher()});
  const auto done = control::restore(arguments.words[0], *directory, arguments.has("force"), *driver, clock);
  if (!done) return fail(done.error());
  const auto& database = done->database;
  const auto made = database.made_at == 0 ? std::string() : rfc3339(database.made_at);
  if (wants_json(arguments)) {
    auto out = json_of(database.counts);
    out["made_at"] = made;
    out["kept_aside"] = done->kept_aside;
    std::printf("%s\n", boost::json::serialize(out).c_str());
    return 0;
  }
  std::printf("%s: %s, as of %s\n", directory->c_str(), counted(database.counts).c_str(), made.c_str());
  if (database.counts.unfinished > 0) std::printf("browsers that lived then are on record as ended\n");
  if (!done->kept_aside.empty()) std::printf("what was there before is in %s\n", done->kept_aside.c_str());
  return 0;
}

std::vector<Option> with_database(std::vector<Option> options) {
  add_database_options(options);
  return options;
}

}  // namespace

std::vector<Command> backup_commands() {
  return {
      {.name = "backup",
       .parameters = "FILE",
       .summary = "one file of all that a server has on record, also while it serves",
       .details = "As of one moment: browsers, archive, API keys, the tokens' secret. Keep it like a key. "
                  "Needs the\n"
                  "user that the data directory belongs to, and about the database's size in free space.\n\n"
                  "  wye backup --data-dir data wye-backup.db\n",
       .options = with_database({{"data-dir", 0, "DIR", "the server's data directory (default ./data)"},
                                 {"force", 0, "", "replace FILE when it is there"},
                                 {"output", 'o', "json|table", "json for programs"}}),
       .min_words = 1,
       .max_words = 1,
       .run = backup},
      {.name = "restore",
       .parameters = "FILE --data-dir DIR",
       .summary = "a data directory from a backup",
       .details = "The backup is checked first, and stays as it is. Browsers that lived when it was made are "
                  "on record as\n"
                  "ended; their archive is readable. Then: wye serve --data-dir DIR.\n\n"
                  "  wye restore wye-backup.db --data-dir restored\n"
                  "  wye restore wye-backup.db --data-dir data --force   # in place of a damaged one\n",
       .options = with_database(
           {{"data-dir", 0, "DIR", "to be made; nobody may serve it"},
            {"force", 0, "", "move what is there aside, and end browsers that still run for it"},
            {"output", 'o', "json|table", "json for programs"}}),
       .min_words = 1,
       .max_words = 1,
       .run = restore}};
}

}  // namespace wye::cli
