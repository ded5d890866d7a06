#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "base/encoding.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/output.h"
#include "wire/json_codec.h"

namespace wye::cli {

namespace json = boost::json;

namespace {

constexpr const char* kPath = "/telemetry/destinations";

Error usage(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "usage", .message = std::move(message)};
}

std::string path_of(const std::string& id_or_name) { return kPath + ("/" + percent_encode(id_or_name)); }

/// Returns the answer's JSON; a refusal of the server is an error.
Result<json::value> call(const Arguments& arguments, const std::string& method, const std::string& path,
                         const json::object* body = nullptr) {
  Request request{.method = method, .path = path};
  if (body != nullptr) {
    request.headers = {{"Content-Type", "application/json"}};
    request.body = json::serialize(*body);
  }
  WYE_TRY(const auto answer, make_client(arguments).request(request));
  if (answer.status == 204) return json::value(nullptr);
  WYE_TRY(auto parsed, wire::parse_json(answer.body));
  if (answer.status < 400) return parsed;
  const auto text = [&](const char* name) {
    const auto* found = parsed.is_object() ? parsed.get_object().if_contains(name) : nullptr;
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  return Error{
      .kind = ErrorKind::invalid, .code = text("code"), .message = text("message"), .status = answer.status};
}

std::string text_at(const json::object& object, const char* name) {
  const auto* found = object.if_contains(name);
  if (found == nullptr || found->is_null()) return {};
  return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

void add_row(std::vector<std::vector<std::string>>& rows, const json::object& object, const char* name) {
  if (const auto text = text_at(object, name); !text.empty() && text != "{}") rows.push_back({name, text});
}

int show(const Arguments& arguments, const Result<json::value>& answer) {
  if (!answer) return fail(answer.error());
  if (wants_json(arguments)) {
    std::printf("%s\n", json::serialize(*answer).c_str());
    return 0;
  }
  const auto& object = answer->as_object();
  std::vector<std::vector<std::string>> rows{{"FIELD", "VALUE"}};
  for (const auto* name : {"id", "name", "endpoint", "protocol", "signals", "headers", "description",
                           "created_at", "updated_at"})
    add_row(rows, object, name);
  if (const auto* status = object.if_contains("status"); status != nullptr && status->is_object())
    for (const auto* name : {"backlog", "sent", "dropped", "last_sent_at", "last_error"})
      add_row(rows, status->get_object(), name);
  print_table(rows);
  return 0;
}

// Parses `Name: value`. The error does not quote the line, which may be a bare secret.
Result<void> take_header(const std::string& line, json::object& headers) {
  const auto colon = line.find(':');
  if (colon == std::string::npos || colon == 0) return usage("a header is 'Name: value'");
  const auto value = line.find_first_not_of(" \t", colon + 1);
  headers[line.substr(0, colon)] = value == std::string::npos ? "" : line.substr(value);
  return {};
}

Result<json::object> body_of(const Arguments& arguments) {
  json::object out, headers;
  for (const auto* name : {"name", "endpoint", "description", "protocol"})
    if (const auto value = arguments.get(name)) out[name] = *value;
  for (const auto& line : arguments.all("header")) WYE_CHECK(take_header(line, headers));
  if (const auto file = arguments.get("headers-from")) {
    std::ifstream opened;
    if (*file != "-") opened.open(*file);
    if (*file != "-" && !opened) return usage("cannot read " + *file);
    std::istream& in = *file == "-" ? std::cin : opened;
    for (std::string line; std::getline(in, line);)
      if (line.find_first_not_of(" \t\r") != std::string::npos) WYE_CHECK(take_header(line, headers));
  }
  if (!headers.empty() || arguments.has("no-headers")) out["headers"] = std::move(headers);
  json::array signals;
  for (const auto& signal : arguments.all("signal")) signals.push_back(json::value(signal));
  if (!signals.empty()) out["signals"] = std::move(signals);
  return out;
}

int send_body(const Arguments& arguments, const std::string& method, const std::string& path,
              const char* name = nullptr) {
  auto body = body_of(arguments);
  if (!body) return fail_usage(body.error().message);
  if (name != nullptr) (*body)["name"] = name;
  return show(arguments, call(arguments, method, path, &*body));
}

int list(const Arguments& arguments) {
  json::array all;
  std::vector<std::vector<std::string>> rows{{"NAME", "ENDPOINT", "SIGNALS", "BACKLOG", "DROPPED", "STATE"}};
  for (std::size_t offset = 0;; offset += 100) {
    const auto page =
        call(arguments, "GET", std::string(kPath) + "?limit=100&offset=" + std::to_string(offset));
    if (!page) return fail(page.error());
    for (const auto& one : page->as_array()) {
      const auto& object = one.as_object();
      const auto& status = object.at("status").as_object();
      const auto error = text_at(status, "last_error");
      rows.push_back({text_at(object, "name"), text_at(object, "endpoint"), text_at(object, "signals"),
                      text_at(status, "backlog"), text_at(status, "dropped"), error.empty() ? "ok" : error});
      all.push_back(one);
    }
    if (page->as_array().size() < 100) break;
  }
  if (wants_json(arguments))
    std::printf("%s\n", json::serialize(all).c_str());
  else if (rows.size() == 1)
    std::fprintf(stderr, "no destinations; make one: wye destinations create NAME --endpoint URL\n");
  else
    print_table(rows);
  return 0;
}

int remove(const Arguments& arguments) {
  for (const auto& word : arguments.words) {
    const auto done = call(arguments, "DELETE", path_of(word));
    if (!done) return fail(done.error());
    if (!wants_json(arguments)) std::printf("deleted %s\n", word.c_str());
  }
  return 0;
}

int test(const Arguments& arguments) {
  const auto answer = call(arguments, "POST", path_of(arguments.words[0]) + "/test");
  if (!answer) return fail(answer.error());
  if (wants_json(arguments)) std::printf("%s\n", json::serialize(*answer).c_str());
  bool well = true;
  for (const auto& signal : answer->as_object()) {
    const auto& said = signal.value().as_object();
    const auto result = text_at(said, "result"), reason = text_at(said, "reason");
    well = well && result == "accepted";
    if (!wants_json(arguments))
      std::printf("%-7s %s%s%s\n", std::string(signal.key()).c_str(), result.c_str(),
                  reason.empty() ? "" : ": ", reason.c_str());
  }
  return well ? 0 : 1;
}

std::function<int(const Arguments&)> checked(std::function<int(const Arguments&)> run) {
  return [run = std::move(run)](const Arguments& arguments) {
    const auto output = check_output(arguments);
    return output ? run(arguments) : fail_usage(output.error().message);
  };
}

std::vector<Option> with_fields(std::vector<Option> more) {
  more.insert(more.end(),
              {{"endpoint", 0, "URL", "the collector's base; /v1/logs and /v1/traces are put behind it"},
               {"header", 'H', "'K: V'", "a header field; its value is never shown again", true},
               {"headers-from", 0, "FILE", "header fields, one a line; - reads standard input"},
               {"protocol", 0, "http/protobuf|http/json", "default http/protobuf"},
               {"signal", 0, "logs|traces", "only this signal (default both)", true},
               {"description", 0, "TEXT", "for people"}});
  return with_client_options(std::move(more));
}

}  // namespace

std::vector<Command> destinations_commands() {
  return {
      {.name = "destinations create",
       .parameters = "NAME --endpoint URL",
       .summary = "where telemetry can be exported to (OTLP/HTTP)",
       .details =
           "  wye destinations create prod --endpoint https://otel.example.com --headers-from secrets.txt\n"
           "  wye destinations create here --endpoint http://127.0.0.1:4318   # wye serve "
           "--allow-private-export\n"
           "  wye browsers create --telemetry --export prod\n",
       .options = with_fields({}),
       .min_words = 1,
       .max_words = 1,
       .run = checked([](const Arguments& arguments) {
         return send_body(arguments, "POST", kPath, arguments.words[0].c_str());
       })},
      {.name = "destinations list",
       .summary = "the destinations, and how they are doing",
       .details = "  wye destinations list -o json\n",
       .options = with_client_options({}),
       .run = checked(list)},
      {.name = "destinations get",
       .parameters = "ID|NAME",
       .summary = "one destination",
       .details = "  wye destinations get prod\n",
       .options = with_client_options({}),
       .min_words = 1,
       .max_words = 1,
       .run = checked([](const Arguments& arguments) {
         return show(arguments, call(arguments, "GET", path_of(arguments.words[0])));
       })},
      {.name = "destinations update",
       .parameters = "ID|NAME",
       .summary = "change a destination; what waits is tried at once",
       .details = "Headers replace those before; what is not named stays.\n\n"
                  "  wye destinations update prod --headers-from secrets.txt\n",
       .options = with_fields(
           {{"name", 0, "NAME", "a new name"}, {"no-headers", 0, "", "removes the header fields"}}),
       .min_words = 1,
       .max_words = 1,
       .run = checked([](const Arguments& arguments) {
         return send_body(arguments, "PATCH", path_of(arguments.words[0]));
       })},
      {.name = "destinations delete",
       .parameters = "ID|NAME …",
       .summary = "remove destinations that no live browser exports to",
       .details = "  wye destinations delete prod\n",
       .options = with_client_options({}),
       .min_words = 1,
       .max_words = 100,
       .run = checked(remove)},
      {.name = "destinations test",
       .parameters = "ID|NAME",
       .summary = "send an empty request of each signal and say what came back",
       .details = "  wye destinations test prod\n",
       .options = with_client_options({}),
       .min_words = 1,
       .max_words = 1,
       .run = checked(test)}};
}

}  // namespace wye::cli
