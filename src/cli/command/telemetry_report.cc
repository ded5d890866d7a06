#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "base/timestamp.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/report/event_source.h"
#include "cli/report/output_file.h"
#include "cli/report/writer.h"
#include "wire/describe.h"

namespace wye::cli {

namespace json = boost::json;

namespace {

// Shows a count on a terminal while events arrive.
class Progress {
 public:
  void count(std::size_t events) {
    const auto now = std::chrono::steady_clock::now();
    if (!shows_ || now - told_ < std::chrono::milliseconds(200)) return;
    told_ = now;
    std::fprintf(stderr, "\r%zu events", events);
  }
  void clear() const {
    if (shows_) std::fprintf(stderr, "\r\x1b[K");
  }

 private:
  bool shows_ = ::isatty(STDERR_FILENO) != 0;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

// Collects the page's facts about the session, without URLs that hold its token.
json::object session_facts(const Browser& browser) {
  auto all = wire::to_json(browser).as_object();
  json::object out{{"id", browser.session_id}};
  for (const auto* name :
       {"name", "created_at", "deleted_at", "headless", "stealth", "viewport", "region", "tags"})
    if (const auto* value = all.if_contains(name)) out[name] = *value;
  json::object telemetry;
  if (browser.telemetry && browser.telemetry->browser)
    for (const auto& [name, setting] : *browser.telemetry->browser) telemetry[name] = setting.enabled;
  out["telemetry"] = std::move(telemetry);
  return out;
}

struct Job {
  ReportLimits limits;
  std::string path;
  EventsQuery query;
};

Result<Job> read_job(const Arguments& arguments, const std::string& default_path) {
  Job job{.path = arguments.get("output").value_or(default_path)};
  const auto amount = [&](const std::string& option, std::size_t most, std::size_t unit,
                          std::size_t& out) -> Result<void> {
    const auto text = arguments.get(option);
    if (!text) return {};
    WYE_TRY(const auto value, to_integer(*text, option));
    if (value < 0 || static_cast<std::uint64_t>(value) > most / unit)
      return Error{.kind = ErrorKind::invalid,
                   .code = "usage",
                   .message = "--" + option + " takes 0 to " + std::to_string(most / unit)};
    out = static_cast<std::size_t>(value) * unit;
    return {};
  };
  WYE_CHECK(amount("max-events", kMaxReportEvents, 1, job.limits.events));
  WYE_CHECK(amount("max-size", kMaxReportBytes, 1u << 20, job.limits.bytes));
  WYE_CHECK(amount("screenshots", kMaxPictureBudget, 1u << 20, job.limits.picture_bytes));
  job.query = {.limit = 100,
               .since = arguments.get("since"),
               .until = arguments.get("until"),
               .categories = arguments.all("category")};
  if (!job.query.since) job.query.offset = 1;
  return job;
}

json::object filter_facts(const EventsQuery& query) {
  json::array categories(query.categories.begin(), query.categories.end());
  json::object out{{"categories", std::move(categories)}};
  if (query.since) out["since"] = *query.since;
  if (query.until) out["until"] = *query.until;
  return out;
}

// Reads all events into the file and commits it.
using Reading = std::function<Result<void>(const EventTaker& take, json::object& facts)>;
Result<void> make(const Job& job, const Reading& read, json::object facts) {
  WYE_TRY(auto file, OutputFile::open(job.path));
  ReportWriter writer([&](std::string_view bytes) { return file.write(bytes); }, job.limits);
  Progress progress;
  std::string left_out;
  const auto take = [&](TelemetryEnvelope envelope) -> Result<bool> {
    const auto ts = envelope.event.ts;
    WYE_TRY(const bool taken, writer.add(std::move(envelope)));
    if (!taken) left_out = rfc3339(ts);
    progress.count(writer.events());
    return taken;
  };
  const auto read_all = read(take, facts);
  progress.clear();
  WYE_CHECK(read_all);
  if (!left_out.empty()) {
    const auto why = "The report ends before " + left_out + ", at its limit of " +
                     (writer.events() >= job.limits.events ? std::to_string(job.limits.events) + " events"
                                                           : std::to_string(job.limits.bytes >> 20) + " MiB");
    facts["ends_early"] = why + ". The rest: --since " + left_out + ", or fewer categories.";
    std::fprintf(stderr, "%s.\nThe rest: --since %s, or fewer events with --category.\n", why.c_str(),
                 left_out.c_str());
  }
  facts["made_at"] = rfc3339(std::chrono::duration_cast<std::chrono::microseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
  WYE_CHECK(writer.finish(std::move(facts)));
  WYE_CHECK(file.commit());
  if (job.path != "-")
    std::printf("%s: %zu events, %.1f MB; open it in a browser\n", job.path.c_str(), writer.events(),
                static_cast<double>(writer.bytes()) / 1e6);
  return {};
}

int report_of_file(const Arguments& arguments, const std::string& path) {
  const auto job = read_job(arguments, path == "-" ? "report.html" : path + ".html");
  if (!job) return fail_usage(job.error().message);
  const auto made =
      make(*job,
           [&](const EventTaker& take, json::object& facts) -> Result<void> {
             WYE_TRY(const auto reading, read_file(path, take));
             if (reading.damaged_lines == 0) return {};
             facts["damaged_lines"] = reading.damaged_lines;
             std::fprintf(stderr, "%s: %zu lines are no event and were left out; the first is line %zu: %s\n",
                          path.c_str(), reading.damaged_lines, reading.first_damaged, reading.why.c_str());
             return {};
           },
           {{"source", std::filesystem::path(path).filename().string()}});
  return made ? 0 : fail(made.error());
}

int report_of_session(const Arguments& arguments) {
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0], true);
  if (!browser) return fail_of_any_browser(browser.error());
  const auto job = read_job(arguments, "wye-" + browser->session_id + ".html");
  if (!job) return fail_usage(job.error().message);
  json::object facts{{"session", session_facts(*browser)}, {"filter", filter_facts(job->query)}};
  const auto made = make(
      *job,
      [&](const EventTaker& take, json::object&) {
        return read_session(client, browser->session_id, job->query, take);
      },
      std::move(facts));
  return made ? 0 : fail(made.error());
}

int report(const Arguments& arguments) {
  const auto from = arguments.get("from");
  if (from && !arguments.words.empty())
    return fail_usage("wye telemetry report takes ID|NAME or --from FILE, not both");
  if (!from && arguments.words.empty()) return fail_usage("wye telemetry report ID|NAME, or --from FILE");
  if (!from) return report_of_session(arguments);
  for (const auto* option : {"since", "until", "category"})
    if (arguments.has(option))
      return fail_usage(std::string("--") + option + " goes with ID|NAME; narrow a file where it is made");
  return report_of_file(arguments, *from);
}

}  // namespace

std::vector<Command> telemetry_report_commands() {
  return {
      {.name = "telemetry report",
       .parameters = "ID|NAME | --from FILE",
       .summary = "a session's events as one HTML file to look at",
       .details =
           "  wye telemetry report checkout-1 -o report.html        # live or ended\n"
           "  wye telemetry report checkout-1 --since 10m --category network --category console\n"
           "  wye telemetry events checkout-1 -o json > events.jsonl\n"
           "  wye telemetry report --from events.jsonl              # the same, without a server\n\n"
           "The file needs nothing else and no network: timeline, requests with a waterfall, console, pages "
           "with their load\n"
           "times, LCP and CLS, screenshots, API calls and connections; what went wrong comes first. Search "
           "with words,\n"
           "status:4xx, host:, type:, slower:500, -without; drag over the timeline to zoom.\n\n"
           "It holds what the events hold, also cookies and bodies: hand it on like them. It shows most when "
           "the browser\n"
           "records more than the default events:\n\n"
           "  wye api PATCH /browsers/ID -d "
           "'{\"telemetry\":{\"browser\":{\"network\":{\"enabled\":true},\"console\":{\"enabled\":true},\n"
           "    "
           "\"page\":{\"enabled\":true},\"interaction\":{\"enabled\":true},\"screenshot\":{\"enabled\":true}}"
           "}}'\n",
       .options = {{"output", 'o', "FILE",
                    "where to (default: wye-ID.html or FILE.html); - is standard output"},
                   {"from", 0, "FILE", "events from a file, one envelope a line; - is standard input"},
                   {"since", 0, "TIME", "RFC 3339, or a duration such as 5m (default: all)"},
                   {"until", 0, "TIME", "the same, exclusive"},
                   {"category", 0, "NAME", "only this category", true},
                   {"screenshots", 0, "MIB",
                    "room for screenshots (default 24); more are thinned evenly; 0 is none"},
                   {"max-events", 0, "N", "end after so many events (default 500000, the most)"},
                   {"max-size", 0, "MIB", "end at this size, without screenshots (default 256, the most)"},
                   {"base-url", 0, "URL",
                    "control plane (default: KERNEL_BASE_URL, else http://127.0.0.1:7711)"},
                   {"api-key", 0, "KEY", "API key (default: KERNEL_API_KEY)"},
                   {"ca-file", 0, "FILE",
                    "authorities in PEM to trust besides the system's (default: WYE_CA_FILE)"}},
       .max_words = 1,
       .run = report}};
}

}  // namespace wye::cli
