#include "control/keys/keys.h"

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/timestamp.h"
#include "base/try.h"
#include "control/api/api_routes.h"
#include "control/api/list_query.h"
#include "wire/json_codec.h"
#include "wire/known_api.h"

namespace wye::control {

namespace json = boost::json;

namespace {

// Bodies of requests (wire-api §14).
struct KeyCreate {
  std::string name;
  std::optional<std::int64_t> days_to_expire;
  std::optional<std::string> project_id;
  std::optional<json::value> policy;
};
BOOST_DESCRIBE_STRUCT(KeyCreate, (), (name, days_to_expire, project_id, policy))
struct KeyUpdate {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(KeyUpdate, (), (name))
struct KeyRotate {
  std::optional<std::int64_t> expire_in_days;
  std::optional<std::int64_t> days_to_expire;
};
BOOST_DESCRIBE_STRUCT(KeyRotate, (), (expire_in_days, days_to_expire))

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}
Error no_such_key() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such API key"};
}

Result<void> check_days(const std::optional<std::int64_t>& days) {
  if (days && *days == 0) return bad("days_to_expire must be at least 1; leave it out for never");
  return {};
}

json::value time_or_null(std::int64_t micros) {
  return micros == 0 ? json::value(nullptr) : json::value(rfc3339(micros));
}

json::object object_of(const ApiKey& key) {
  const auto creator = key.created_by.empty() ? std::string("operator") : key.created_by;
  return {{"id", key.id},
          {"name", key.name},
          {"masked_key", key.masked},
          {"created_at", rfc3339(key.created_at)},
          {"created_by", {{"id", creator}, {"email", ""}, {"name", nullptr}}},
          {"expires_at", time_or_null(key.expires_at)},
          {"deleted_at", time_or_null(key.deleted_at)},
          {"project_id", nullptr},
          {"project_name", nullptr}};
}

net::Response auth_context(const std::string& key_id) {
  const json::object nowhere{{"project_id", nullptr}};
  const json::object out{
      {"principal", {{"type", "api_key"}, {"id", key_id}}},
      {"organization", {{"id", "default"}}},
      {"authentication", {{"method", "api_key"}, {"source", "api_key"}, {"credential_id", key_id}}},
      {"authorization", {{"credential_scope", nowhere}, {"effective_scope", nowhere}}}};
  return net::json_response(200, json::serialize(out));
}

Result<KeyFilter> read_filter(std::string_view query) {
  KeyFilter filter;
  WYE_CHECK(read_list_query(query, filter));
  const auto sort = net::query_value(query, "sort_by");
  const auto direction = net::query_value(query, "sort_direction");
  if (sort == "name") filter.sort = KeyFilter::Sort::name;
  if (sort == "expires_at") filter.sort = KeyFilter::Sort::expires_at;
  if (!sort.empty() && sort != "created_at" && sort != "name" && sort != "expires_at")
    return bad("sort_by must be created_at, name or expires_at");
  if (!direction.empty() && direction != "asc" && direction != "desc")
    return bad("sort_direction must be asc or desc");
  filter.ascending = direction == "asc";
  return filter;
}

}  // namespace

std::string render_key(const ApiKey& key) { return json::serialize(object_of(key)); }
std::string render_key(const NewKey& made) {
  auto out = object_of(made.record);
  out["key"] = made.key;
  return json::serialize(out);
}

void KeyHandlers::add_routes(ApiRoutes& api) {
  api.add("GET", "/auth/context",
          [](const ApiRequest& request) -> Result<net::Response> { return auth_context(request.key_id); });
  const std::string all = "/org/api_keys", one = "/org/api_keys/{}";
  api.add("GET", all, [this](const ApiRequest& request) { return list(request); });
  api.add("POST", all, [this](const ApiRequest& request) { return create(request); });
  api.add("GET", one, [this](const ApiRequest& request) { return get(request); });
  api.add("PATCH", one, [this](const ApiRequest& request) { return rename(request); });
  api.add("DELETE", one, [this](const ApiRequest& request) { return remove(request); });
  api.add("POST", one + "/rotate", [this](const ApiRequest& request) { return rotate(request); });
}

Result<net::Response> KeyHandlers::create(const ApiRequest& request) {
  WYE_TRY(const auto wanted, wire::from_text<KeyCreate>(request.body));
  WYE_CHECK(check_days(wanted.days_to_expire));
  if (wanted.project_id)
    return Error{.kind = ErrorKind::not_found, .code = "project_not_found", .message = "no such project"};
  // The caller does not want a key that may do everything, also not with an empty policy.
  if (wanted.policy) return wire::not_implemented("policy");
  WYE_TRY(const auto made, keys_.create(wanted.name, wanted.days_to_expire.value_or(0), request.key_id));
  return net::json_response(201, render_key(made));
}

Result<net::Response> KeyHandlers::list(const ApiRequest& request) {
  WYE_TRY(const auto filter, read_filter(request.query));
  WYE_TRY(auto found, keys_.list(filter));
  const bool more = static_cast<std::int64_t>(found.size()) > filter.limit;
  if (more) found.pop_back();
  json::array out;
  for (const auto& key : found) out.push_back(object_of(key));
  auto response = net::json_response(200, json::serialize(out));
  add_paging_headers(response, {filter.limit, filter.offset}, more);
  return response;
}

Result<net::Response> KeyHandlers::get(const ApiRequest& request) {
  WYE_TRY(const auto key, keys_.find(request.id()));
  if (!key || (key->deleted_at != 0 && !query_flag(request.query, "include_deleted"))) return no_such_key();
  return net::json_response(200, render_key(*key));
}

Result<net::Response> KeyHandlers::rename(const ApiRequest& request) {
  WYE_TRY(const auto wanted, wire::from_text<KeyUpdate>(request.body));
  WYE_CHECK(keys_.rename(request.id(), wanted.name));
  return get(request);
}

Result<net::Response> KeyHandlers::remove(const ApiRequest& request) {
  if (request.id() == request.key_id)
    return Error{.kind = ErrorKind::invalid,
                 .code = "cannot_delete_current_key",
                 .message = "a key cannot delete itself; use another one, or `wye keys revoke`"};
  WYE_CHECK(keys_.revoke(request.id()));
  return net::Response{204, {}, ""};
}

Result<net::Response> KeyHandlers::rotate(const ApiRequest& request) {
  WYE_TRY(const auto wanted, wire::from_text<KeyRotate>(request.body.empty() ? "{}" : request.body));
  WYE_CHECK(check_days(wanted.days_to_expire));
  WYE_TRY(const auto made, keys_.rotate(request.id(), wanted.expire_in_days.value_or(kDefaultGraceDays),
                                        wanted.days_to_expire, request.key_id));
  return net::json_response(201, render_key(made));
}

}  // namespace wye::control
