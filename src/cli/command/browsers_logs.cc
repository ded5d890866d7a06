#include <unistd.h>

#include <cstdio>

#include "cli/command.h"
#include "cli/events/event_line.h"
#include "cli/output.h"
#include "cli/write_out.h"
#include "wire/log_types.h"
#include "wye/browser_logs.h"

namespace wye::cli {
namespace {

constexpr std::size_t kLongestLine = 256 * 1024;

std::string text_of(const Arguments& arguments, const LogLine& line, bool to_terminal) {
  if (wants_json(arguments))
    return wire::to_text(
        wire::LogEvent{.event = "log", .message = line.message, .timestamp = line.timestamp});
  const auto message = to_terminal ? plain_text(line.message, kLongestLine) : line.message;
  return arguments.has("timestamps") ? dim(line.timestamp) + ' ' + message : message;
}

int logs(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  LogQuery query{.follow = arguments.has("follow")};
  if (arguments.words.size() > 1) query.name = arguments.words[1];
  if (query.name.starts_with('/')) query.source = LogSource::path;
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0]);  // teaches the route
  if (!browser) return fail(browser.error());
  auto lines = client.browsers().logs().stream(browser->session_id, query);
  if (!lines) return fail(lines.error());
  const bool to_terminal = ::isatty(STDOUT_FILENO) != 0;
  for (const auto& line : *lines) {
    if (!line) return fail(line.error());
    if (const auto done = write_out(text_of(arguments, *line, to_terminal) + "\n"); !done)
      return fail(done.error());
  }
  return 0;
}

}  // namespace

Command browsers_logs_command() {
  return {.name = "browsers logs",
          .parameters = "ID|NAME [chromium|agent|/FILE]",
          .summary = "what Chromium, the agent or a program in the VM has logged",
          .details =
              "  wye browsers logs checkout-1                        # what Chromium has printed\n"
              "  wye browsers logs checkout-1 agent -f --timestamps\n"
              "  wye browsers logs checkout-1 /tmp/app.log -f        # a file, from now on, over its "
              "rotations\n"
              "  wye browsers logs checkout-1 -o json | jq -r .message\n\n"
              "Without -f it prints the lines so far; with -f the new ones, until the browser ends, "
              "which it does not put off.\n",
          .options = with_client_options({{"follow", 'f', "", "new lines from now on, until Ctrl-C"},
                                          {"timestamps", 0, "", "begin each line with its time"}}),
          .min_words = 1,
          .max_words = 2,
          .run = logs};
}

}  // namespace wye::cli
