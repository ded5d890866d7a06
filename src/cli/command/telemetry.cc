#include <boost/json.hpp>
#include <cstdio>

#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/output.h"
#include "wire/describe.h"

namespace wye::cli {
namespace {

void print_event(const TelemetryEnvelope& envelope, bool json) {
  if (json) {
    std::printf("%s\n", wire::to_text(envelope).c_str());
  } else {
    const auto data = envelope.event.data ? boost::json::serialize(*envelope.event.data) : std::string();
    std::printf("%s %s %-16s %s\n", dim(rfc3339(envelope.event.ts).substr(11, 12)).c_str(),
                bold(std::to_string(envelope.seq)).c_str(), envelope.event.type.c_str(),
                dim(data.substr(0, 160)).c_str());
  }
  std::fflush(stdout);
}

int stream(const Arguments& arguments) {
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0]);  // teaches the route
  if (!browser) return fail(browser.error());
  auto events = client.telemetry().stream(
      browser->session_id, {.replay_all = arguments.has("replay"), .auto_resume = arguments.has("follow")});
  if (!events) return fail(events.error());
  std::fprintf(
      stderr, "%s\n",
      dim("streaming " + browser->session_id + ", " + describe(events->route()) + "; Ctrl-C ends it", 2)
          .c_str());
  for (;;) {
    const auto next = events->next();
    if (!next) return fail(next.error());
    if (!*next) break;
    print_event(**next, wants_json(arguments));
  }
  if (events->missed() > 0)
    std::fprintf(stderr, "%lld events were missed\n", static_cast<long long>(events->missed()));
  return 0;
}

int events(const Arguments& arguments) {
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0], true);
  if (!browser) return fail(browser.error());
  EventsQuery query{.limit = 100,
                    .since = arguments.get("since"),
                    .until = arguments.get("until"),
                    .order = arguments.get("order"),
                    .categories = arguments.all("category")};
  if (!query.since && !query.until && query.order != "desc") query.offset = 1;
  auto pages = client.telemetry().events(browser->session_id, query);
  for (auto& item : pages) {
    if (!item.result()) return fail(item.result().error());
    print_event(item.value(), wants_json(arguments));
  }
  return 0;
}

int checked(const Arguments& arguments, int (*run)(const Arguments&)) {
  const auto output = check_output(arguments);
  return output ? run(arguments) : fail_usage(output.error().message);
}

}  // namespace

std::vector<Command> telemetry_commands() {
  return {{.name = "telemetry stream",
           .parameters = "ID|NAME",
           .summary = "events as they happen, straight from the VM",
           .details = "  wye telemetry stream checkout-1 --replay\n",
           .options = with_client_options({{"replay", 0, "", "begin with the events that are still retained"},
                                           {"follow", 0, "", "reopen when the connection drops"}}),
           .min_words = 1,
           .max_words = 1,
           .run = [](const Arguments& arguments) { return checked(arguments, stream); }},
          {.name = "telemetry events",
           .parameters = "ID|NAME",
           .summary = "past events, also of a browser that has ended",
           .details = "  wye telemetry events checkout-1 --since 5m --category control\n  wye telemetry "
                      "events ID -o json > events.jsonl      # one envelope a line\n",
           .options =
               with_client_options({{"since", 0, "TIME", "RFC 3339, or a duration such as 5m (default: all)"},
                                    {"until", 0, "TIME", "the same, exclusive"},
                                    {"order", 0, "asc|desc", "default asc"},
                                    {"category", 0, "NAME", "only this category", true}}),
           .min_words = 1,
           .max_words = 1,
           .run = [](const Arguments& arguments) { return checked(arguments, events); }}};
}

}  // namespace wye::cli
