#include "vm/telemetry/collector/network_events.h"

#include <utility>

#include "events/make_record.h"
#include "vm/telemetry/collector/body_text.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kCategory = "network";

// Tells whether the answer has a body, whatever its head says.
bool has_body(std::string_view method, std::int64_t status) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 205 && status != 304;
}

}  // namespace

std::string_view NetworkEvents::enable_params() {
  static const std::string kParams = R"({"maxTotalBufferSize":5000000,"maxResourceBufferSize":)" +
                                     std::to_string(kMaxBufferedBody) + R"(,"maxPostDataSize":)" +
                                     std::to_string(events::kMaxCapturedString) + "}";
  return kParams;
}

void NetworkEvents::on_request(Target& target, const json::object& params) {
  const auto id = text_at(params, "requestId");
  const bool redirected = params.contains("redirectResponse");
  const auto known = requests_.find(id);
  if (known != requests_.end() && !redirected) return;  // a second session reported it, too
  const auto& request = object_at(params, "request");
  auto context =
      context_text(target, text_at(params, "frameId"), text_at(params, "loaderId"), text_at(request, "url"));
  if (sink_.admits(kCategory)) tell_request(target, context, params);
  if (known != requests_.end()) {
    held_ -= known->second.bytes();
    known->second.context = std::move(context);
    known->second.method = text_at(request, "method");
    held_ += known->second.bytes();
    return;
  }
  if (requests_.size() >= kMaxRequests || held_ >= kMaxHeldBytes) return sink_.drop(kCategory, "overload");
  Request kept{.owner = &target,
               .frame_id = std::string(text_at(params, "frameId")),
               .loader_id = std::string(text_at(params, "loaderId")),
               .context = std::move(context),
               .method = std::string(text_at(request, "method")),
               .resource_type = std::string(text_at(params, "type"))};
  held_ += kept.bytes();
  requests_.emplace(std::string(id), std::move(kept));
  ++target.root->requests_under_way;
  sink_.deadlines().clear({Deadlines::What::network_idle, target.root->id});
}

void NetworkEvents::tell_request(const Target& target, const std::string& context,
                                 const json::object& params) {
  const auto& request = object_at(params, "request");
  ObjectText data;
  data.members(context)
      .text("request_id", text_at(params, "requestId"))
      .text("method", text_at(request, "method"))
      .text("document_url", text_at(params, "documentURL"))
      .object("headers", object_at(request, "headers"))
      .text("initiator_type", text_at(object_at(params, "initiator"), "type"))
      .text_if("resource_type", text_at(params, "type"))
      .text_if("post_data", text_at(request, "postData"));
  if (params.contains("redirectResponse"))
    data.flag("is_redirect", true)
        .text("redirect_url", text_at(object_at(params, "redirectResponse"), "url"));
  sink_.emit("network_request", kCategory, "Network.requestWillBeSent", target, std::move(data).finish());
}

void NetworkEvents::on_response(const json::object& params) {
  const auto found = requests_.find(text_at(params, "requestId"));
  if (found == requests_.end() || found->second.ended) return;
  auto& request = found->second;
  const auto& response = object_at(params, "response");
  const auto status = integer_at(response, "status");
  ObjectText members;
  members.number("status", status)
      .object("headers", object_at(response, "headers"))
      .text_if("status_text", text_at(response, "statusText"))
      .text_if("mime_type", text_at(response, "mimeType"));
  held_ -= request.bytes();
  request.response = std::move(members).finish();
  request.mime_type = has_body(request.method, status) ? text_at(response, "mimeType") : std::string_view();
  if (const auto type = text_at(params, "type"); !type.empty()) request.resource_type = type;
  held_ += request.bytes();
}

void NetworkEvents::on_finished(Target& target, const json::object& params, CdpPort& port) {
  const auto found = requests_.find(text_at(params, "requestId"));
  if (found == requests_.end() || found->second.ended) return;
  auto& request = found->second;
  end(request);
  if (request.response.empty()) return drop(found);
  const auto limit = body_limit(request.mime_type);
  const auto encoded = number_at(params, "encodedDataLength");
  if (limit > 0 && encoded < static_cast<double>(kMaxBufferedBody))
    return read_body(target, found->first, limit, port);
  if (sink_.admits(kCategory)) tell_response(found->first, request, "");
  drop(found);
}

void NetworkEvents::read_body(Target& target, const std::string& id, std::size_t limit, CdpPort& port) {
  std::string params = R"({"requestId":)";
  append_quoted(params, id);
  params += "}";
  auto done = [this, id, limit, alive = std::weak_ptr<int>(generation_)](Result<json::value> answer) {
    if (alive.expired()) return;
    const auto request = requests_.find(id);
    if (request == requests_.end()) return;
    std::string body;  // empty when it was evicted, or lost with its document
    if (answer && answer->is_object())
      body = body_text(text_at(answer->get_object(), "body"), flag_at(answer->get_object(), "base64Encoded"),
                       limit);
    if (sink_.admits(kCategory)) tell_response(id, request->second, body);
    drop(request);
  };
  port.send("Network.getResponseBody", params, target.session, std::move(done));
}

void NetworkEvents::tell_response(const std::string& id, const Request& request, std::string_view body) {
  ObjectText data;
  data.members(request.context)
      .text("request_id", id)
      .text("method", request.method)
      .members(request.response)
      .text_if("resource_type", request.resource_type)
      .text_if("body", body);
  sink_.emit("network_response", kCategory, "Network.loadingFinished", *request.owner,
             std::move(data).finish());
}

void NetworkEvents::on_failed(Target& target, const json::object& params) {
  const auto found = requests_.find(text_at(params, "requestId"));
  if (found == requests_.end()) {
    if (sink_.admits(kCategory)) tell_failed(target, context_text(target, "", "", ""), params);
    return;
  }
  if (found->second.ended) return;
  end(found->second);
  if (sink_.admits(kCategory)) tell_failed(*found->second.owner, found->second.context, params);
  drop(found);
}

void NetworkEvents::tell_failed(const Target& target, const std::string& context,
                                const json::object& params) {
  ObjectText data;
  data.members(context)
      .text("request_id", text_at(params, "requestId"))
      .text("error_text", text_at(params, "errorText"))
      .flag("canceled", flag_at(params, "canceled"))
      .text_if("resource_type", text_at(params, "type"));
  sink_.emit("network_loading_failed", kCategory, "Network.loadingFailed", target, std::move(data).finish());
}

void NetworkEvents::end(Request& request) {
  request.ended = true;
  if (!request.stale) not_under_way(request);
}

void NetworkEvents::not_under_way(Request& request) {
  auto& root = *request.owner->root;
  if (--root.requests_under_way == 0)
    sink_.deadlines().set({Deadlines::What::network_idle, root.id}, sink_.now() + kIdleAfter);
}

void NetworkEvents::on_document(Target& target, std::string_view frame_id, std::string_view loader_id) {
  for (auto at = requests_.begin(); at != requests_.end();) {
    const auto found = at++;
    auto& request = found->second;
    const bool of_old = request.owner == &target && !request.ended && request.loader_id != loader_id &&
                        (request.frame_id == frame_id || frame_id == target.id);
    if (!of_old) continue;
    if (request.stale) {
      drop(found);
    } else {
      request.stale = true;
      not_under_way(request);
    }
  }
}

void NetworkEvents::on_idle(Target& root) {
  if (sink_.admits(kCategory))
    sink_.emit("network_idle", kCategory, "Network.loadingFinished", root, context_of_frame(root, ""));
}

void NetworkEvents::drop(Requests::iterator request) {
  held_ -= request->second.bytes();
  requests_.erase(request);
}

void NetworkEvents::forget(Target& target) {
  for (auto at = requests_.begin(); at != requests_.end();) {
    const auto request = at++;
    if (request->second.owner != &target) continue;
    if (!request->second.ended) end(request->second);
    drop(request);
  }
}

void NetworkEvents::clear() {
  requests_.clear();
  held_ = 0;
  generation_ = std::make_shared<int>();
}

}  // namespace wye::vm
