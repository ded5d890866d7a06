#include <cstdio>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/events/event_line.h"
#include "cli/output.h"
#include "wire/describe.h"

namespace wye::cli {
namespace {

void print_event(EventLines& lines, const TelemetryEnvelope& envelope, bool json) {
  std::printf("%s\n", (json ? wire::to_text(envelope) : lines.line(envelope)).c_str());
  std::fflush(stdout);
}

int stream(const Arguments& arguments) {
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0]);  // teaches the route
  if (!browser) return fail(browser.error());
  auto events = client.telemetry().stream(browser->session_id, {.replay_all = arguments.has("replay"),
                                                                .auto_resume = arguments.has("follow"),
                                                                .categories = arguments.all("category"),
                                                                .types = arguments.all("type")});
  if (!events) return fail(events.error());
  std::fprintf(
      stderr, "%s\n",
      dim("streaming " + browser->session_id + ", " + describe(events->route()) + "; Ctrl-C ends it", 2)
          .c_str());
  EventLines lines(colours(1));
  for (;;) {
    const auto next = events->next();
    if (!next) return fail(next.error());
    if (!*next) break;
    print_event(lines, **next, wants_json(arguments));
  }
  if (events->missed() > 0)
    std::fprintf(stderr, "%lld events were missed\n", static_cast<long long>(events->missed()));
  return 0;
}

int events(const Arguments& arguments) {
  const auto order = choice(arguments, "order", {EventOrder::asc, EventOrder::desc});
  if (!order) return fail_usage(order.error().message);
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0], true);
  if (!browser) return fail_of_any_browser(browser.error());
  EventsQuery query{.limit = 100,
                    .since = arguments.get("since"),
                    .until = arguments.get("until"),
                    .order = *order,
                    .categories = arguments.all("category")};
  if (!query.since && !query.until && query.order != EventOrder::desc) query.offset = 1;
  auto pages = client.telemetry().events(browser->session_id, query);
  EventLines lines(colours(1));
  for (auto& item : pages) {
    if (!item.result()) return fail(item.result().error());
    print_event(lines, item.value(), wants_json(arguments));
  }
  return 0;
}

int checked(const Arguments& arguments, int (*run)(const Arguments&)) {
  const auto output = check_output(arguments);
  return output ? run(arguments) : fail_usage(output.error().message);
}

}  // namespace

std::vector<Command> telemetry_commands() {
  return {
      {.name = "telemetry stream",
       .parameters = "ID|NAME",
       .summary = "events as they happen, straight from the VM",
       .details = "  wye telemetry stream checkout-1 --replay\n  wye telemetry stream checkout-1 "
                  "--category network --follow\n  wye telemetry stream checkout-1 -o json | jq .event.type  "
                  "    # one envelope a line\n",
       .options =
           with_client_options({{"replay", 0, "", "begin with the events that are still retained"},
                                {"follow", 0, "", "reopen when the connection drops"},
                                {"category", 0, "NAME", "only this category; may be given again", true},
                                {"type", 0, "NAME", "only this type; may be given again", true}}),
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
