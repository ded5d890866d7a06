#include <boost/json.hpp>
#include <cstdio>
#include <iostream>

#include "base/encoding.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/request_input.h"
#include "wire/json_codec.h"

namespace wye::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxLine = 64u << 20;

Error usage(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "usage", .message = std::move(message)};
}

bool has_header(const HeaderFields& headers, std::string_view name) {
  for (const auto& field : headers)
    if (iequals(field.first, name)) return true;
  return false;
}

int one(const Arguments& arguments) {
  if (arguments.words.size() != 2)
    return fail_usage("wye api METHOD PATH [-d BODY|@FILE] [-H 'K: V'] [-i], or wye api --batch");
  Request request{.method = arguments.words[0], .path = arguments.words[1]};
  auto headers = read_header_options(arguments);
  if (!headers) return fail_usage(headers.error().message);
  request.headers = std::move(*headers);
  if (const auto data = arguments.get("data")) {
    auto body = read_data(*data);
    if (!body) return fail_usage(body.error().message);
    request.body = std::move(*body);
    if (!has_header(request.headers, "Content-Type"))
      request.headers.emplace_back("Content-Type", "application/json");
  }
  const auto client = make_client(arguments);
  auto answer = client.open(request);
  if (!answer) return fail(answer.error());
  if (arguments.has("include")) {
    const auto& route = answer->route();
    std::printf("%d via=%s reason=%s%s\n", answer->status(), std::string(to_string(route.via)).c_str(),
                std::string(to_string(route.reason)).c_str(), route.fell_back ? " fell_back" : "");
    for (const auto& [name, value] : answer->headers()) std::printf("%s: %s\n", name.c_str(), value.c_str());
    std::printf("\n");
  }
  if (const auto printed = print_body(*answer); !printed) return fail(printed.error());
  return answer->status() < 400 ? 0 : 1;
}

Result<Request> read_line(const std::string& line) {
  if (line.size() > kMaxLine) return usage("the line is longer than 64 MiB");
  WYE_TRY(const auto parsed, wire::parse_json(line));
  const auto* object = parsed.if_object();
  if (object == nullptr) return usage("a line must be a JSON object");
  const auto text = [&](std::string_view key) -> Result<std::string> {
    const auto* value = object->if_contains(key);
    if (value == nullptr || !value->is_string()) return usage(std::string(key) + " must be a string");
    return std::string(value->get_string());
  };
  Request request;
  WYE_TRY(request.method, text("method"));
  WYE_TRY(request.path, text("path"));
  if (const auto* headers = object->if_contains("headers"); headers != nullptr && !headers->is_null()) {
    if (!headers->is_object()) return usage("headers must be an object");
    for (const auto& field : headers->get_object()) {
      if (!field.value().is_string()) return usage("a header's value must be a string");
      request.headers.emplace_back(std::string(field.key()), std::string(field.value().get_string()));
    }
  }
  const auto* body = object->if_contains("body");
  if (body == nullptr || body->is_null()) return request;
  request.body = body->is_string() ? std::string(body->get_string()) : json::serialize(*body);
  if (!has_header(request.headers, "Content-Type"))
    request.headers.emplace_back("Content-Type", "application/json");
  return request;
}

json::object render_error(const Error& error) {
  return {{"error",
           json::object{{"kind", to_string(error.kind)}, {"code", error.code}, {"message", error.message}}}};
}

json::object render(const Response& answer) {
  json::object headers;
  for (const auto& [name, value] : answer.headers) {
    const auto key = ascii_lower(name);
    if (auto* known = headers.if_contains(key))
      *known = std::string(known->as_string()) + ", " + value;
    else
      headers[key] = value;
  }
  json::object out{{"status", answer.status}, {"headers", headers}};
  if (is_utf8(answer.body))
    out["body"] = answer.body;
  else
    out["body_b64"] = base64(answer.body);
  out["via"] = to_string(answer.route.via);
  out["reason"] = to_string(answer.route.reason);
  out["fell_back"] = answer.route.fell_back;
  return out;
}

int batch(const Arguments& arguments) {
  if (!arguments.words.empty()) return fail_usage("wye api --batch reads its requests from standard input");
  const auto client = make_client(arguments);
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    json::object out;
    if (auto request = read_line(line)) {
      const auto answer = client.request(*request);
      out = answer ? render(*answer) : render_error(answer.error());
    } else {
      out = render_error(request.error());
    }
    std::printf("%s\n", json::serialize(out).c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

std::vector<Command> api_commands() {
  return {{.name = "api",
           .parameters = "METHOD PATH | --batch",
           .summary = "one raw request, or many, through the routing transport",
           .details = "  wye api GET /browsers -i\n"
                      "  wye api POST /browsers -d '{\"telemetry\":{\"enabled\":true}}'\n"
                      "  wye api POST /browsers/NAME/curl -d @request.json\n\n"
                      "--batch reads one JSON object a line, {\"method\",\"path\",\"headers\"?,\"body\"?}, "
                      "and writes one a line:\n"
                      "{\"status\",\"headers\",\"body\"|\"body_b64\",\"via\",\"reason\",\"fell_back\"} or "
                      "{\"error\":{\"kind\",\"message\"}}. All lines share one\n"
                      "client, so routes learned by one line serve the next.\n",
           .options = with_client_options(
               {{"data", 'd', "BODY|@FILE", "the body; @- reads standard input"},
                {"header", 'H', "'K: V'", "a header field", true},
                {"include", 'i', "", "print status, route and headers first"},
                {"batch", 0, "", "requests from standard input, one JSON object a line"}}),
           .max_words = 2,
           .run = [](const Arguments& arguments) {
             return arguments.has("batch") ? batch(arguments) : one(arguments);
           }}};
}

}  // namespace wye::cli
