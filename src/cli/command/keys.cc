#include <boost/json.hpp>
#include <cstdio>

#include "base/clock.h"
#include "base/timestamp.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/output.h"
#include "control/keys/keys.h"
#include "control/server_store.h"

namespace wye::cli {
namespace {

// The objects that a command works with: a server's record and its keys.
struct Opened {
  Log log{LogLevel::off};  // before the store, which uses it
  std::unique_ptr<control::Store> store;
  SystemClock clock;
  SystemRandom random;
  std::optional<control::ApiKeys> keys;
};

Result<std::unique_ptr<Opened>> open(const Arguments& arguments, bool create) {
  WYE_CHECK(check_output(arguments));
  auto out = std::make_unique<Opened>();
  control::RecordPlace place{.data_dir = arguments.get("data-dir").value_or("data")};
  WYE_TRY(place.database, read_database(arguments));
  WYE_TRY(out->store, control::open_store_beside_server(place, create, out->log));
  out->keys.emplace(out->store->keys(), out->clock, out->random);
  return out;
}

Result<std::optional<std::int64_t>> days(const Arguments& arguments, const std::string& option) {
  const auto text = arguments.get(option);
  if (!text) return std::optional<std::int64_t>();
  WYE_TRY(const auto value, to_integer(*text, option));
  return std::optional<std::int64_t>(value);
}

int fail_any(const Error& error) { return error.code == "usage" ? fail_usage(error.message) : fail(error); }

int show(const Arguments& arguments, const control::NewKey& made) {
  if (wants_json(arguments)) {
    std::printf("%s\n", control::render_key(made).c_str());
    return 0;
  }
  const auto& key = made.record;
  std::fprintf(stderr, "%s\n",
               dim("key " + key.id + " (" + key.name + "), " +
                       (key.expires_at == 0 ? "never expires" : "until " + rfc3339(key.expires_at)) +
                       "; shown only now:",
                   2)
                   .c_str());
  std::printf("%s\n", made.key.c_str());
  return 0;
}

int create(const Arguments& arguments) {
  const auto lifetime = days(arguments, "expires-in-days");
  if (!lifetime) return fail_any(lifetime.error());
  if (*lifetime == std::int64_t{0})
    return fail_usage("--expires-in-days takes 1 or more; leave it out for never");
  const auto opened = open(arguments, true);
  if (!opened) return fail_any(opened.error());
  const auto made =
      (*opened)->keys->create(arguments.get("name").value_or("unnamed"), lifetime->value_or(0), "");
  return made ? show(arguments, *made) : fail(made.error());
}

int rotate(const Arguments& arguments) {
  const auto grace = days(arguments, "grace-days"), lifetime = days(arguments, "expires-in-days");
  if (!grace) return fail_any(grace.error());
  if (!lifetime) return fail_any(lifetime.error());
  const auto opened = open(arguments, false);
  if (!opened) return fail_any(opened.error());
  const auto made =
      (*opened)->keys->rotate(arguments.words[0], grace->value_or(control::kDefaultGraceDays), *lifetime, "");
  return made ? show(arguments, *made) : fail(made.error());
}

int revoke(const Arguments& arguments) {
  const auto opened = open(arguments, false);
  if (!opened) return fail_any(opened.error());
  const auto done = (*opened)->keys->revoke(arguments.words[0]);
  if (!done) return fail(done.error());
  if (const auto left = (*opened)->keys->count(); left && *left == 0)
    std::fprintf(stderr, "%s\n", yellow("no key is left: nobody can use the server", 2).c_str());
  return 0;
}

std::string state_of(const control::ApiKey& key, std::int64_t now) {
  if (key.deleted_at != 0) return "revoked " + rfc3339(key.deleted_at);
  if (key.expires_at == 0) return "never expires";
  return (key.expires_at <= now ? "expired " : "until ") + rfc3339(key.expires_at);
}

int list(const Arguments& arguments) {
  const auto opened = open(arguments, false);
  if (!opened) return fail_any(opened.error());
  control::KeyFilter filter{.deleted = arguments.has("all"), .limit = 100};
  boost::json::array all;
  std::vector<std::vector<std::string>> rows{{"ID", "NAME", "KEY", "CREATED", "STATE"}};
  for (bool more = true; more; filter.offset += filter.limit) {
    auto page = (*opened)->keys->list(filter);
    if (!page) return fail(page.error());
    more = static_cast<std::int64_t>(page->size()) > filter.limit;
    if (more) page->pop_back();
    for (const auto& key : *page) {
      all.push_back(boost::json::parse(control::render_key(key)));
      rows.push_back({key.id, key.name, key.masked, rfc3339(key.created_at),
                      state_of(key, (*opened)->clock.unix_micros())});
    }
  }
  if (wants_json(arguments))
    std::printf("%s\n", boost::json::serialize(all).c_str());
  else if (rows.size() == 1)
    std::fprintf(stderr, "no keys; `wye keys create` makes one\n");
  else
    print_table(rows);
  return 0;
}

std::vector<Option> with_directory(std::vector<Option> more) {
  more.push_back({"data-dir", 0, "DIR", "the server's data directory (default ./data)"});
  add_database_options(more);
  more.push_back({"output", 'o', "json|table", "json for programs"});
  return more;
}

}  // namespace

std::vector<Command> keys_commands() {
  const std::string beside =
      "Works on the data directory, as the user it belongs to, or on the database; a server of it may run "
      "and obeys within a second.\n\n";
  return {
      {.name = "keys create",
       .summary = "make an API key and show it, once",
       .details = beside + "  wye keys create --name ci --expires-in-days 90\n"
                           "  export KERNEL_API_KEY=$(wye keys create --data-dir /var/lib/wye)\n",
       .options = with_directory({{"name", 0, "NAME", "what it is for, 1 to 255 characters"},
                                  {"expires-in-days", 0, "N", "1 to 3650 (default: never)"}}),
       .run = create},
      {.name = "keys list",
       .summary = "the API keys: names, ends, and enough of each to recognise it",
       .details = beside + "  wye keys list --all\n",
       .options = with_directory({{"all", 0, "", "also revoked ones"}}),
       .run = list},
      {.name = "keys revoke",
       .parameters = "ID",
       .summary = "refuse an API key from now on",
       .details = beside + "  wye keys revoke k3v9d0x2m7q1w8e4r5t6y7u8\n",
       .options = with_directory({}),
       .min_words = 1,
       .max_words = 1,
       .run = revoke},
      {.name = "keys rotate",
       .parameters = "ID",
       .summary = "a new API key in the place of one, which ends after a grace",
       .details = beside + "  wye keys rotate k3v9d0x2m7q1w8e4r5t6y7u8 --grace-days 0\n",
       .options = with_directory({{"grace-days", 0, "N", "how long the old one is good yet (default 7)"},
                                  {"expires-in-days", 0, "N", "of the new one (default: as the old one)"}}),
       .min_words = 1,
       .max_words = 1,
       .run = rotate}};
}

}  // namespace wye::cli
