#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>

#include "base/encoding.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/request_input.h"
#include "sdk/answer.h"

namespace wye::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxJsonBody = 256u << 20;

// Gateway and agent add their own fields to the answer's head, beside the target's.
bool is_of_the_way(const std::string& name) {
  const auto lower = ascii_lower(name);
  return lower.starts_with("x-wye-") || lower == "x-should-retry" || lower == "transfer-encoding" ||
         lower == "connection" || lower == "keep-alive";
}

Result<FetchRequest> read_request(const Arguments& arguments) {
  FetchRequest out;
  WYE_TRY(out.headers, read_header_options(arguments));
  if (const auto data = arguments.get("data")) {
    WYE_TRY(out.body, read_data(*data));
    out.method = "POST";
  }
  if (const auto method = arguments.get("request")) out.method = *method;
  return out;
}

// Prints one JSON value: `body` when it is text, else `body_b64`.
Result<void> print_json(ResponseStream& answer, std::chrono::steady_clock::time_point began) {
  WYE_TRY(const auto body, sdk::read_whole(answer, kMaxJsonBody));
  json::object headers;
  for (const auto& [name, value] : answer.headers()) {
    if (is_of_the_way(name)) continue;
    auto& values = headers[ascii_lower(name)];
    if (!values.is_array()) values = json::array();
    values.as_array().push_back(json::value(value));
  }
  json::object out{{"status", answer.status()}, {"headers", std::move(headers)}};
  if (is_utf8(body))
    out["body"] = body;
  else
    out["body_b64"] = base64(body);
  const auto took = std::chrono::steady_clock::now() - began;
  out["duration_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  std::printf("%s\n", json::serialize(out).c_str());
  return {};
}

void print_head(const ResponseStream& answer) {
  std::printf("%d\n", answer.status());
  for (const auto& [name, value] : answer.headers())
    if (!is_of_the_way(name)) std::printf("%s: %s\n", name.c_str(), value.c_str());
  std::printf("\n");
}

// Uses curl/raw, where bodies are bytes in both directions and header fields may repeat.
int curl(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  const auto request = read_request(arguments);
  if (!request) return fail_usage(request.error().message);
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0]);  // teaches the route
  if (!browser) return fail(browser.error());
  const auto began = std::chrono::steady_clock::now();
  auto answer = client.browsers().fetch(browser->session_id, arguments.words[1], *request);
  if (!answer) return fail(answer.error());
  if (header(answer->headers(), "X-Wye-Source") != "target") {
    const auto why = sdk::read_whole(*answer, kMaxJsonBody);
    return fail(why ? sdk::error_of_answer(answer->status(), answer->headers(), *why, "") : why.error());
  }
  Result<void> done;
  if (wants_json(arguments)) {
    done = print_json(*answer, began);
  } else {
    if (arguments.has("include")) print_head(*answer);
    done = print_body(*answer);
  }
  return done ? 0 : fail(done.error());
}

}  // namespace

Command browsers_curl_command() {
  return {
      .name = "browsers curl",
      .parameters = "ID|NAME URL",
      .summary = "a request with the browser's cookies and TLS",
      .details =
          "  wye browsers curl checkout-1 https://example.com -i\n"
          "  wye browsers curl checkout-1 https://example.com/logo.png > logo.png     # its bytes, as they "
          "are\n"
          "  wye browsers curl checkout-1 https://example.com/upload -X PUT -d @photo.jpg\n\n"
          "-o json prints {\"status\",\"headers\",\"body\"|\"body_b64\",\"duration_ms\"}; body_b64 where "
          "the body is no UTF-8.\n",
      .options = with_client_options({{"request", 'X', "METHOD", "default GET, with -d POST"},
                                      {"data", 'd', "BODY|@FILE", "the body; @- reads standard input"},
                                      {"header", 'H', "'K: V'", "a header field", true},
                                      {"include", 'i', "", "print status and headers first"}}),
      .min_words = 2,
      .max_words = 2,
      .run = curl};
}

}  // namespace wye::cli
