#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/try.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/report/output_file.h"
#include "cli/request_input.h"
#include "cli/stop_on_signal.h"
#include "wye/browser_computer.h"

namespace wye::cli {
namespace {

Error usage(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "usage", .message = std::move(message)};
}

std::vector<std::string> at_commas(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

Result<std::optional<std::int64_t>> integer_option(const Arguments& arguments, const std::string& name) {
  const auto text = arguments.get(name);
  if (!text) return std::optional<std::int64_t>();
  WYE_TRY(const auto value, to_integer(*text, name));
  return std::optional(value);
}

std::vector<std::string> held_keys(const Arguments& arguments) {
  const auto text = arguments.get("hold");
  return text ? at_commas(*text) : std::vector<std::string>();
}

Result<MousePoint> read_point(const Arguments& arguments) {
  MousePoint out;
  for (const auto& [word, into] : {std::pair{1, &out.x}, std::pair{2, &out.y}}) {
    const auto& text = arguments.words[static_cast<std::size_t>(word)];
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, *into);
    if (read.ec != std::errc() || read.ptr != end) return usage("X and Y are pixels of the screenshot");
  }
  return out;
}

Result<std::optional<ScreenRegion>> read_region(const Arguments& arguments) {
  const auto text = arguments.get("region");
  if (!text) return std::optional<ScreenRegion>();
  const auto parts = at_commas(*text);
  if (parts.size() != 4) return usage("--region takes X,Y,WIDTH,HEIGHT");
  std::array<std::int64_t, 4> numbers{};
  for (std::size_t i = 0; i < 4; ++i) {
    WYE_TRY(numbers[i], to_integer(parts[i], "region"));
  }
  return std::optional(ScreenRegion{numbers[0], numbers[1], numbers[2], numbers[3]});
}

// Does something with a browser whose route is known; a signal ends it, and the VM releases what is held.
template <class Act>
int with_browser(const Arguments& arguments, const Act& act) {
  const StopOnSignal stop;
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0], false, {.stop = stop.token()});
  if (!browser) return stop.exit_code() != 0 ? stop.exit_code() : fail(browser.error());
  const auto done = act(client.browsers().computer(), browser->session_id, CallOptions{.stop = stop.token()});
  if (done) return 0;
  return stop.exit_code() != 0 ? stop.exit_code() : fail(done.error());
}

int screenshot(const Arguments& arguments) {
  const auto region = read_region(arguments);
  if (!region) return fail_usage(region.error().message);
  const auto path = arguments.get("output").value_or("-");
  if (path == "-" && ::isatty(STDOUT_FILENO) != 0)
    return fail_usage("a PNG is no text for a terminal; -o FILE writes it to a file");
  return with_browser(
      arguments, [&](const Computer& computer, const auto& id, const auto& call) -> Result<void> {
        WYE_TRY(const auto picture, computer.screenshot(id, *region, call));
        WYE_TRY(auto file, OutputFile::open(path));
        WYE_CHECK(file.write(picture.png));
        WYE_CHECK(file.commit());
        if (path != "-")
          std::printf("%s: %lld x %lld\n", path.c_str(), static_cast<long long>(picture.width),
                      static_cast<long long>(picture.height));
        return {};
      });
}

Result<MouseClick> read_click(const Arguments& arguments) {
  WYE_TRY(const auto at, read_point(arguments));
  WYE_TRY(const auto button, choice(arguments, "button",
                                    {MouseButton::left, MouseButton::right, MouseButton::middle,
                                     MouseButton::back, MouseButton::forward}));
  WYE_TRY(const auto count, integer_option(arguments, "count"));
  return MouseClick{.x = at.x,
                    .y = at.y,
                    .button = button.value_or(MouseButton::left),
                    .count = count.value_or(1),
                    .hold_keys = held_keys(arguments)};
}

Result<MouseMove> read_move(const Arguments& arguments) {
  WYE_TRY(const auto at, read_point(arguments));
  return MouseMove{.x = at.x, .y = at.y, .hold_keys = held_keys(arguments)};
}

Result<MouseScroll> read_scroll(const Arguments& arguments) {
  WYE_TRY(const auto at, read_point(arguments));
  WYE_TRY(const auto down, integer_option(arguments, "down"));
  WYE_TRY(const auto right, integer_option(arguments, "right"));
  if (!down && !right) return usage("--down or --right says how far; less than 0 is up or left");
  return MouseScroll{.x = at.x,
                     .y = at.y,
                     .delta_x = right.value_or(0),
                     .delta_y = down.value_or(0),
                     .hold_keys = held_keys(arguments)};
}

Result<TypedText> read_text(const Arguments& arguments) {
  TypedText out;
  WYE_TRY(out.delay_ms, integer_option(arguments, "delay"));
  out.text = arguments.words[1];
  if (out.text == "-") {
    WYE_TRY(out.text, read_data("@-"));
  }
  return out;
}

Result<KeyPress> read_keys(const Arguments& arguments) {
  KeyPress out{.keys = {arguments.words.begin() + 1, arguments.words.end()},
               .hold_keys = held_keys(arguments)};
  WYE_TRY(out.duration_ms, integer_option(arguments, "duration"));
  return out;
}

// Makes a command's function of what reads its words and what does it.
template <class Request>
auto runs(Result<Request> (*read)(const Arguments&),
          Result<RouteInfo> (Computer::*act)(const std::string&, const Request&, CallOptions) const) {
  return [read, act](const Arguments& arguments) {
    if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
    const auto request = read(arguments);
    if (!request) return fail_usage(request.error().message);
    return with_browser(arguments, [&](const Computer& computer, const auto& id, const auto& call) {
      return (computer.*act)(id, *request, call);
    });
  };
}

std::vector<Option> screenshot_options() {
  auto out = with_client_options({{"region", 0, "X,Y,WIDTH,HEIGHT", "a part of the screen, in its pixels"}});
  std::erase_if(out, [](const auto& option) { return option.name == "output"; });
  out.push_back({"output", 'o', "FILE|-", "where the PNG goes (default -, standard output)"});
  return out;
}

const Option kHold{"hold", 0, "KEYS", "keys that are held meanwhile, such as ctrl,shift"};

Command click_command() {
  return {
      .name = "browsers click",
      .parameters = "ID|NAME X Y",
      .summary = "click with the mouse",
      .details =
          "  wye browsers click checkout-1 320 180\n"
          "  wye browsers click checkout-1 320 180 --count 2                # a double click\n"
          "  wye browsers click checkout-1 320 180 --button right --hold ctrl,shift\n\n"
          "X and Y are pixels of the screenshot. While a JavaScript dialog is open this is a "
          "conflict (dialog_open):\n"
          "`wye browsers key ID Return` accepts it, Escape dismisses it.\n",
      .options = with_client_options({{"button", 0, "NAME", "left (default), right, middle, back, forward"},
                                      {"count", 0, "N", "clicks in a row, 1 to 100"},
                                      kHold}),
      .min_words = 3,
      .max_words = 3,
      .run = runs(read_click, &Computer::click)};
}

Command key_command() {
  return {.name = "browsers key",
          .parameters = "ID|NAME KEYS …",
          .summary = "press keys and combinations",
          .details =
              "  wye browsers key checkout-1 Return\n"
              "  wye browsers key checkout-1 Ctrl+a Delete         # one after the other\n"
              "  wye browsers key checkout-1 Down --duration 500\n\n"
              "Keys have X's names (Return, Page_Up, KP_7, eacute), short ones (ctrl, Enter, "
              "ArrowLeft), or are the character\nitself.\n",
          .options = with_client_options({{"duration", 0, "MS", "how long each is down (default 0)"}, kHold}),
          .min_words = 2,
          .max_words = 101,
          .run = runs(read_keys, &Computer::press)};
}

}  // namespace

std::vector<Command> browsers_computer_commands() {
  return {
      {.name = "browsers screenshot",
       .parameters = "ID|NAME",
       .summary = "a picture of the screen, as a PNG",
       .details = "  wye browsers screenshot checkout-1 -o page.png\n"
                  "  wye browsers screenshot checkout-1 --region 0,0,400,300 > corner.png\n",
       .options = screenshot_options(),
       .min_words = 1,
       .max_words = 1,
       .run = screenshot},
      click_command(),
      {.name = "browsers move",
       .parameters = "ID|NAME X Y",
       .summary = "move the mouse",
       .details = "  wye browsers move checkout-1 320 180            # as a hand moves it\n",
       .options = with_client_options({kHold}),
       .min_words = 3,
       .max_words = 3,
       .run = runs(read_move, &Computer::move)},
      {.name = "browsers scroll",
       .parameters = "ID|NAME X Y",
       .summary = "turn the wheel of the mouse",
       .details = "  wye browsers scroll checkout-1 320 180 --down 3\n"
                  "  wye browsers scroll checkout-1 320 180 --down -3        # up\n",
       .options = with_client_options({{"down", 0, "TICKS", "how far down, -1000 to 1000"},
                                       {"right", 0, "TICKS", "how far to the right, likewise"},
                                       kHold}),
       .min_words = 3,
       .max_words = 3,
       .run = runs(read_scroll, &Computer::scroll)},
      {.name = "browsers type",
       .parameters = "ID|NAME TEXT|-",
       .summary = "type text where the focus is",
       .details = "  wye browsers type checkout-1 'Zürich'\n"
                  "  wye browsers type checkout-1 - --delay 50 < letter.txt\n"
                  "  wye browsers type checkout-1 -- --text-that-begins-with-dashes\n\n"
                  "Each character is a key, up to 100,000 bytes of text. `-` types standard input, with the "
                  "line break at its end.\n",
       .options = with_client_options({{"delay", 0, "MS", "a pause between two keys (default 0)"}}),
       .min_words = 2,
       .max_words = 2,
       .run = runs(read_text, &Computer::type)},
      key_command()};
}

}  // namespace wye::cli
