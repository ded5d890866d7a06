#include "wye/browsers.h"

#include "base/encoding.h"
#include "base/try.h"
#include "sdk/answer.h"
#include "sdk/client_core.h"
#include "sdk/paging.h"
#include "sdk/paths.h"
#include "wire/describe.h"

namespace wye {

using sdk::browser_path;
using sdk::json_request;

std::string_view to_string(BrowserStatus status) {
  switch (status) {
    case BrowserStatus::active:
      return "active";
    case BrowserStatus::deleted:
      return "deleted";
    case BrowserStatus::all:
      return "all";
  }
  return "active";
}

Result<Reached<Browser>> Browsers::create(const BrowserCreate& create, CallOptions call) const {
  return sdk::decode<Browser>(
      core_->expect_success(json_request("POST", "/browsers", wire::to_text(create)), call));
}

Result<Reached<Browser>> Browsers::retrieve(const std::string& id_or_name, bool include_deleted,
                                            CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, include_deleted ? "?include_deleted=true" : ""));
  return sdk::decode<Browser>(core_->expect_success({.method = "GET", .path = std::move(path)}, call));
}

Result<Reached<Browser>> Browsers::update(const std::string& id_or_name, const BrowserUpdate& update,
                                          CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name));
  return sdk::decode<Browser>(
      core_->expect_success(json_request("PATCH", std::move(path), wire::to_text(update)), call));
}

Pager<Browser> Browsers::list(ListQuery query, CallOptions call) const {
  sdk::Query wanted;
  wanted.add("limit", query.limit);
  if (query.status) wanted.add("status", std::optional(std::string(to_string(*query.status))));
  wanted.add("query", query.query);
  for (const auto& [key, value] : query.tags) wanted.add("tags[" + key + "]", std::optional(value));
  return Pager<Browser>(
      [core = core_, wanted = std::move(wanted), call = std::move(call)](std::optional<std::int64_t> offset) {
        auto page = wanted;
        page.add("offset", offset);
        return sdk::read_page<Browser>(*core, "/browsers", page, call);
      });
}

Result<RouteInfo> Browsers::remove(const std::string& id_or_name, CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name));
  WYE_TRY(auto answer, core_->expect_success({.method = "DELETE", .path = std::move(path)}, call));
  return std::move(answer.route);
}

Result<Reached<CurlResponse>> Browsers::curl(const std::string& id_or_name, const CurlRequest& request,
                                             CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, "/curl"));
  return sdk::decode<CurlResponse>(
      core_->expect_success(json_request("POST", std::move(path), wire::to_text(request)), call));
}

Result<ResponseStream> Browsers::fetch(const std::string& id_or_name, const std::string& url,
                                       const FetchRequest& request, CallOptions call) const {
  WYE_CHECK(browser_path(id_or_name));
  if (!iequals(url.substr(0, 7), "http://") && !iequals(url.substr(0, 8), "https://"))
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_request",
                 .message = "fetch takes an absolute http or https URL"};
  sdk::Query query;
  query.add("url", std::optional(url));
  query.add("timeout_ms", request.timeout_ms);
  return core_->fetch(id_or_name,
                      {.method = request.method,
                       .headers = request.headers,
                       .body = request.body,
                       .body_stream = request.body_stream},
                      query.text(), call);
}

}  // namespace wye
