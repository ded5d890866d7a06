#include <chrono>
#include <cstdio>
#include <optional>

#include "base/try.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/request_input.h"
#include "cli/stop_on_signal.h"
#include "cli/write_out.h"
#include "wire/code_types.h"

namespace wye::cli {
namespace {

Result<PlaywrightCode> read_code(const Arguments& arguments) {
  PlaywrightCode out{.executor = arguments.get("executor")};
  WYE_TRY(out.code, read_data("@" + arguments.words[0]));
  if (const auto seconds = arguments.get("timeout")) {
    WYE_TRY(out.timeout_sec, to_integer(*seconds, "timeout"));
  }
  return out;
}

/// The browser that was named, or one for this run alone, which ends with it. A create is never cut off: its
/// browser would be left behind.
class RunBrowser {
 public:
  static Result<RunBrowser> take(const Client& client, const std::optional<std::string>& named,
                                 const CallOptions& call) {
    if (named) {
      WYE_TRY(const auto browser, client.browsers().retrieve(*named, false, call));  // teaches the route
      return RunBrowser(std::nullopt, browser.session_id);
    }
    WYE_TRY(const auto browser, client.browsers().create({.headless = true}));
    return RunBrowser(client, browser.session_id);
  }
  RunBrowser(RunBrowser&& other) noexcept
      : owner_(std::exchange(other.owner_, std::nullopt)), session_id_(std::move(other.session_id_)) {}
  RunBrowser& operator=(RunBrowser&&) = delete;
  ~RunBrowser() {
    if (owner_) (void)owner_->browsers().remove(session_id_);
  }
  [[nodiscard]] const std::string& session_id() const { return session_id_; }

 private:
  RunBrowser(std::optional<Client> owner, std::string session_id)
      : owner_(std::move(owner)), session_id_(std::move(session_id)) {}
  std::optional<Client> owner_;
  std::string session_id_;
};

Result<void> print_result(const Arguments& arguments, const PlaywrightResult& result) {
  if (wants_json(arguments)) return write_out(wire::to_text(result) + "\n");
  WYE_CHECK(write_out(result.stdout_.value_or("")));
  WYE_CHECK(write_out(result.stderr_.value_or(""), stderr));
  if (!result.result) return {};
  return write_out((result.result->is_string() ? std::string(result.result->get_string())
                                               : boost::json::serialize(*result.result)) +
                   "\n");
}

int run(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  const auto code = read_code(arguments);
  if (!code) return fail_usage(code.error().message);
  const StopOnSignal stop;
  const auto client = make_client(arguments);
  const auto browser = RunBrowser::take(client, arguments.get("browser"), {.stop = stop.token()});
  if (!browser) return stop.exit_code() != 0 ? stop.exit_code() : fail(browser.error());
  const auto result =
      client.browsers().playwright().execute(browser->session_id(), *code, {.stop = stop.token()});
  if (!result) return stop.exit_code() != 0 ? stop.exit_code() : fail(result.error());
  if (const auto printed = print_result(arguments, *result); !printed) return fail(printed.error());
  if (result->success) return 0;
  if (!wants_json(arguments))
    std::fprintf(stderr, "%s\n", result->error.value_or("the code has failed").c_str());
  return 1;
}

}  // namespace

std::vector<Command> playwright_commands() {
  return {
      {.name = "playwright run",
       .parameters = "FILE.ts|-",
       .summary = "run TypeScript with Playwright beside a browser",
       .details =
           "  wye playwright run check.ts                      # in a browser of its own, which ends with "
           "it\n"
           "  wye playwright run check.ts --browser checkout-1\n"
           "  echo 'return page.title()' | wye playwright run - --browser checkout-1\n"
           "  wye playwright run shop.ts --browser checkout-1 --executor shop   # in a tab of its own, "
           "which stays\n\n"
           "The file is the body of an async function with `page`, `context` and `browser`; `await "
           "import(…)` takes the place\n"
           "of imports. What it prints is printed, then what it returns: a text as it is, anything else "
           "as JSON. Ends with\n"
           "code 1 when the code throws or takes too long.\n",
       .options = with_client_options(
           {{"browser", 0, "ID|NAME", "where (default: a new browser)"},
            {"executor", 0, "NAME", "the process and tab that run it (default: the tab used last)"},
            {"timeout", 0, "SECONDS", "end it after that time, 1 to 300 (default 60)"}}),
       .min_words = 1,
       .max_words = 1,
       .run = run}};
}

}  // namespace wye::cli
