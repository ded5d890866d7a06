#include "metro/answers.h"

namespace wye::metro {
namespace {

net::Response json_answer(int status, std::string_view code, std::string_view message) {
  std::string body = R"({"code":")";
  body.append(code).append(R"(","message":")").append(message).append(R"("})");
  return net::json_response(status, std::move(body));
}

net::Response make(OwnAnswer answer) {
  switch (answer) {
    case OwnAnswer::invalid_jwt: {
      net::Response response;
      response.status = 401;
      response.headers.add("Content-Type", "text/plain");
      response.body = "Invalid JWT";
      return response;
    }
    case OwnAnswer::browser_gone:
      return json_answer(404, "browser_gone", "browser not found");
    case OwnAnswer::session_ending:
      return json_answer(503, "upstream_unavailable", "the browser is ending");
    case OwnAnswer::not_served:
      return json_answer(404, "not_found", "there is nothing here");
    case OwnAnswer::not_implemented:
      return json_answer(501, "not_implemented", "this version of Wye does not have it");
    case OwnAnswer::wrong_method:
      return json_answer(405, "method_not_allowed", "this path does not take that method");
    case OwnAnswer::agent_not_ready:
      return json_answer(503, "upstream_unavailable", "the browser is not ready yet");
    case OwnAnswer::overloaded:
      return json_answer(503, "upstream_unavailable", "the server is at one of its limits; try again");
    case OwnAnswer::connection_lost:
      return json_answer(502, "upstream_unavailable", "the connection to the browser's VM was lost");
    case OwnAnswer::too_slow:
      return json_answer(504, "upstream_unavailable", "the browser's VM did not answer in time");
  }
  return json_answer(500, "internal_error", "no such answer");
}

}  // namespace

net::Response own_answer(OwnAnswer answer, bool may_have_run) {
  auto response = make(answer);
  if (response.status == 503) response.headers.add("Retry-After", "1");
  if (may_have_run) response.headers.add("x-should-retry", "false");
  response.headers.add("X-Wye-Source", "gateway");
  return response;
}

Reason reason_of(OwnAnswer answer) {
  switch (answer) {
    case OwnAnswer::invalid_jwt:
      return Reason::unauthorized;
    case OwnAnswer::browser_gone:
      return Reason::browser_gone;
    case OwnAnswer::session_ending:
      return Reason::ending;
    case OwnAnswer::not_served:
    case OwnAnswer::not_implemented:
    case OwnAnswer::wrong_method:
      return Reason::not_served;
    case OwnAnswer::agent_not_ready:
      return Reason::not_ready;
    case OwnAnswer::overloaded:
      return Reason::overloaded;
    case OwnAnswer::connection_lost:
      return Reason::lost;
    case OwnAnswer::too_slow:
      return Reason::too_slow;
  }
  return Reason::handler;
}

}  // namespace wye::metro
