#include <unistd.h>

#include <iostream>

#include "base/try.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/repl/repl_input.h"
#include "cli/repl/repl_print.h"
#include "cli/request_input.h"
#include "cli/write_out.h"
#include "wire/code_types.h"

namespace wye::cli {
namespace {

/// The cells of one browser, as the command's options want them.
class Cells {
 public:
  static Result<Cells> open(const Arguments& arguments, const Client& client) {
    std::optional<std::int64_t> timeout;
    if (const auto seconds = arguments.get("timeout")) {
      WYE_TRY(timeout, to_integer(*seconds, "timeout"));
    }
    WYE_TRY(const auto browser, client.browsers().retrieve(arguments.words[0]));
    return Cells(arguments, client.browsers().repl(), browser.session_id, timeout);
  }
  Result<ReplResult> run(const std::string& code, bool reset = false) const {
    ReplCell cell{.code = code, .timeout_sec = timeout_};
    if (reset) cell.reset = true;
    return repl_.run(session_id_, cell);
  }
  Result<void> print(const ReplResult& result, bool with_error = true) {
    return as_json_ ? write_out(wire::to_text(result) + "\n") : print_.print(result, with_error);
  }

 private:
  Cells(const Arguments& arguments, Repl repl, std::string session_id, std::optional<std::int64_t> timeout)
      : as_json_(wants_json(arguments)),
        repl_(std::move(repl)),
        session_id_(std::move(session_id)),
        timeout_(timeout),
        print_(arguments.get("images")) {}
  bool as_json_;
  Repl repl_;
  std::string session_id_;
  std::optional<std::int64_t> timeout_;
  ReplPrint print_;
};

int run_one(Cells& cells, const std::string& code, bool reset) {
  const auto result = cells.run(code, reset);
  if (!result) return fail(result.error());
  const auto printed = cells.print(*result);
  if (!printed) return fail(printed.error());
  return result->success ? 0 : 1;
}

// Lets a person type cells. The terminal itself edits the line.
int converse(Cells& cells) {
  std::fprintf(
      stderr, "%s\n",
      dim("JavaScript beside the browser; = EXPRESSION shows a value, await repl.help() the helpers; "
          ".reset, .exit or Ctrl-D",
          2)
          .c_str());
  ReplInput input;
  for (std::string line;;) {
    std::fputs(input.continues() ? "… " : "> ", stderr);
    if (!std::getline(std::cin, line)) return 0;
    const auto code = input.take(line);
    if (input.wish() == ReplInput::Wish::leave) return 0;
    const bool reset = input.wish() == ReplInput::Wish::reset;
    if (!code && !reset) continue;
    const auto result = cells.run(code.value_or(""), reset);
    if (!result) {
      fail(result.error());
      if (result.error().kind == ErrorKind::not_found) return 1;
      continue;
    }
    input.heard(result->success, result->error.value_or(""));
    if (const auto printed = cells.print(*result, !input.continues()); !printed) return fail(printed.error());
  }
}

int repl(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  std::optional<std::string> code = arguments.get("eval");
  if (!code && ::isatty(STDIN_FILENO) == 0) {
    auto given = read_data("@-");
    if (!given) return fail_usage(given.error().message);
    code = std::move(*given);
  }
  auto cells = Cells::open(arguments, make_client(arguments));
  if (!cells && cells.error().code == "usage") return fail_usage(cells.error().message);
  if (!cells) return fail(cells.error());
  const bool reset = arguments.has("reset");
  if (code) return run_one(*cells, *code, reset);
  if (reset) {
    if (const auto done = cells->run("", true); !done) return fail(done.error());
  }
  return converse(*cells);
}

}  // namespace

std::vector<Command> repl_commands() {
  return {
      {.name = "repl",
       .parameters = "ID|NAME",
       .summary = "JavaScript beside the browser, which remembers",
       .details =
           "  wye repl checkout-1\n"
           "  > await gotoUrl('https://example.com')\n"
           "  > = (await pageInfo()).title\n"
           "  wye repl checkout-1 -e 'repl.write(await js(\"document.title\"))'\n"
           "  wye repl checkout-1 --images . -e 'await captureScreenshot()'\n"
           "  wye repl checkout-1 --reset < cell.js\n\n"
           "What a cell declares, the next one finds, also of another command. An unfinished cell goes on in "
           "the next line, until\n"
           "an empty one. `rlwrap wye repl …` adds a history. With -e or input that is no terminal it runs "
           "one cell, and ends with\n"
           "code 1 when that fails.\n",
       .options = with_client_options(
           {{"eval", 'e', "CODE", "run this cell, and nothing else"},
            {"reset", 0, "", "forget everything first"},
            {"images", 0, "DIR", "keep images that cells show there"},
            {"timeout", 0, "SECONDS", "end a cell after that time, 1 to 300 (default 60)"}}),
       .min_words = 1,
       .max_words = 1,
       .run = repl}};
}

}  // namespace wye::cli
