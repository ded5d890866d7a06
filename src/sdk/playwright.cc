#include "base/try.h"
#include "sdk/answer.h"
#include "sdk/outlasting.h"
#include "sdk/paths.h"
#include "wire/code_types.h"
#include "wye/browser_playwright.h"

namespace wye {

using sdk::browser_path;
using sdk::json_request;

namespace {

constexpr std::int64_t kUsualTimeout = 60;   // seconds; the API's
constexpr std::size_t kDeepestAnswer = 520;  // a result is at most 512 levels deep

// Reads what JSON's null cannot say elsewhere: code may return null, or nothing.
Result<PlaywrightResult> read_result(const std::string& body) {
  WYE_TRY(const auto json, wire::parse_json(body, kDeepestAnswer));
  PlaywrightResult out;
  WYE_CHECK(wire::from_json(json, out));
  if (const auto* result = json.get_object().if_contains("result")) out.result = *result;
  return out;
}

}  // namespace

Playwright Browsers::playwright() const { return Playwright(core_); }

Result<Reached<PlaywrightResult>> Playwright::execute(const std::string& id_or_name,
                                                      const PlaywrightCode& code, CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, "/playwright/execute"));
  WYE_TRY(const auto answer,
          core_->expect_success(
              json_request("POST", std::move(path), wire::to_text(code)),
              sdk::outlasting(std::move(call), *core_, code.timeout_sec.value_or(kUsualTimeout))));
  auto result = read_result(answer.body);
  if (!result) return sdk::bad_answer(answer, result.error());
  return Reached<PlaywrightResult>(std::move(*result), answer.route);
}

Result<std::vector<PlaywrightExecutor>> Playwright::executors(const std::string& id_or_name,
                                                              CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, "/playwright/executors"));
  WYE_TRY(auto answer, sdk::decode<wire::ExecutorsAnswer>(
                           core_->expect_success({.method = "GET", .path = std::move(path)}, call)));
  return std::move(answer.executors);
}

Result<RouteInfo> Playwright::remove_executor(const std::string& id_or_name, const std::string& name,
                                              bool close_tab, CallOptions call) const {
  WYE_TRY(const auto segment, sdk::path_segment(name, "an executor is named by its name"));
  WYE_TRY(auto path, browser_path(id_or_name, "/playwright/executors/" + segment +
                                                  (close_tab ? "" : "?close_tab=false")));
  WYE_TRY(const auto answer, core_->expect_success({.method = "DELETE", .path = std::move(path)}, call));
  return answer.route;
}

}  // namespace wye
