#include "base/encoding.h"
#include "base/try.h"
#include "sdk/client_core.h"
#include "sdk/paging.h"
#include "wire/describe.h"

namespace wye {
namespace {

Request json_request(std::string method, std::string path, std::string body) {
  return {.method = std::move(method),
          .path = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

std::string path_of(const std::string& id_or_name) { return "/browsers/" + percent_encode(id_or_name); }

Result<Browser> browser_of(Result<Response> answer) {
  if (!answer) return answer.error();
  return wire::from_text<Browser>(answer->body);
}

}  // namespace

Result<Browser> Browsers::create(const BrowserCreate& create, CallOptions call) const {
  return browser_of(core_->expect_success(json_request("POST", "/browsers", wire::to_text(create)), call));
}

Result<Browser> Browsers::retrieve(const std::string& id_or_name, bool include_deleted,
                                   CallOptions call) const {
  return browser_of(core_->expect_success(
      {.method = "GET", .path = path_of(id_or_name) + (include_deleted ? "?include_deleted=true" : "")},
      call));
}

Result<Browser> Browsers::update(const std::string& id_or_name, const BrowserUpdate& update,
                                 CallOptions call) const {
  return browser_of(
      core_->expect_success(json_request("PATCH", path_of(id_or_name), wire::to_text(update)), call));
}

Result<void> Browsers::remove(const std::string& id_or_name, CallOptions call) const {
  WYE_TRY([[maybe_unused]] const auto answer,
          core_->expect_success({.method = "DELETE", .path = path_of(id_or_name)}, call));
  return {};
}

Result<CurlResponse> Browsers::curl(const std::string& id_or_name, const CurlRequest& request,
                                    CallOptions call) const {
  WYE_TRY(const auto answer,
          core_->expect_success(json_request("POST", path_of(id_or_name) + "/curl", wire::to_text(request)),
                                call));
  return wire::from_text<CurlResponse>(answer.body);
}

Result<ResponseStream> Browsers::fetch(const std::string& id_or_name, const std::string& url,
                                       const FetchRequest& request, CallOptions call) const {
  const auto route = core_->routes().find(id_or_name);
  if (!route)
    return Error{.kind = ErrorKind::invalid,
                 .code = "no_route",
                 .message = "no route to the VM of " + id_or_name + " is known; retrieve the browser first"};
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_request",
                 .message = "fetch takes an absolute http or https URL"};
  const Request wire{.method = request.method,
                     .headers = request.headers,
                     .body = request.body,
                     .body_stream = request.body_stream};
  return core_->transport().raw_fetch(*route, url, wire, core_->limits(call, true));
}

Pager<Browser> Browsers::list(ListQuery query, CallOptions call) const {
  sdk::Query base;
  base.add("limit", query.limit);
  base.add("status", query.status);
  base.add("query", query.query);
  for (const auto& [key, value] : query.tags)
    base.add("tags[" + key + "]", std::optional<std::string>(value));
  return sdk::pages_of<Browser>(core_, "/browsers", std::move(base), std::move(call));
}

}  // namespace wye
