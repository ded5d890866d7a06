#include "control/destinations/destinations.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/timestamp.h"
#include "base/try.h"
#include "control/api/api_routes.h"
#include "control/api/list_query.h"
#include "control/destinations/destination_rules.h"

namespace wye::control {

namespace json = boost::json;

namespace {

Error no_such_destination() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such destination"};
}
Error conflict(std::string message) {
  return {.kind = ErrorKind::conflict, .code = "conflict", .message = std::move(message)};
}

json::object object_of(const Destination& it, const ExportProgress& progress, std::int64_t backlog) {
  json::object headers;
  for (const auto& [name, value] : it.headers) headers[name] = "";
  json::array signals;
  if (it.logs) signals.push_back("logs");
  if (it.traces) signals.push_back("traces");
  json::object status{{"backlog", backlog}, {"sent", progress.sent}, {"dropped", progress.dropped}};
  if (progress.last_sent_at != 0) status["last_sent_at"] = rfc3339(progress.last_sent_at);
  if (!progress.last_error.empty()) status["last_error"] = progress.last_error;
  return {{"id", it.id},
          {"name", it.name},
          {"endpoint", it.endpoint},
          {"headers", std::move(headers)},
          {"description", it.description},
          {"protocol", it.protocol == Destination::Protocol::json ? "http/json" : "http/protobuf"},
          {"signals", std::move(signals)},
          {"created_at", rfc3339(it.created_at)},
          {"updated_at", rfc3339(it.updated_at)},
          {"status", std::move(status)}};
}

const char* name_of(otlp::Delivery::Outcome outcome) {
  switch (outcome) {
    case otlp::Delivery::Outcome::accepted:
      return "accepted";
    case otlp::Delivery::Outcome::refused:
      return "refused";
    case otlp::Delivery::Outcome::again:
      break;
  }
  return "not_now";
}

}  // namespace

void DestinationHandlers::add_routes(ApiRoutes& api) {
  const std::string all = "/telemetry/destinations", one = "/telemetry/destinations/{}";
  api.add("GET", all, [this](const ApiRequest& request) { return list(request); });
  api.add("POST", all, [this](const ApiRequest& request) { return create(request); });
  api.add("GET", one, [this](const ApiRequest& request) { return get(request); });
  api.add("PATCH", one, [this](const ApiRequest& request) { return update(request); });
  api.add("DELETE", one, [this](const ApiRequest& request) { return remove(request); });
  api.add(
      "POST", one + "/test", [this](const ApiRequest& request) { return test(request); }, TurnKind::tests);
}

Result<Destination> DestinationHandlers::find(const std::string& id_or_name) {
  WYE_TRY(auto found, store_.by_id(id_or_name));
  if (!found) {
    WYE_TRY(found, store_.by_name(id_or_name));
  }
  if (found) return std::move(*found);
  return no_such_destination();
}

Result<net::Response> DestinationHandlers::show(int status, const Destination& destination) {
  WYE_TRY(const auto backlog, store_.backlog(destination.id));
  return net::json_response(
      status, json::serialize(object_of(destination, exporter_.progress(destination.id), backlog)));
}

Result<net::Response> DestinationHandlers::create(const ApiRequest& request) {
  Destination made{.id = new_id(random_)};
  WYE_CHECK(read_destination_body(request.body, exporter_.private_allowed(), made));
  WYE_TRY(const auto count, store_.count());
  if (count >= kMaxDestinations) return conflict("there are 100 destinations already; delete one first");
  made.created_at = made.updated_at = clock_.unix_micros();
  WYE_CHECK(store_.add(made));
  return show(201, made);
}

Result<net::Response> DestinationHandlers::list(const ApiRequest& request) {
  WYE_TRY(const auto range, read_range(request.query));
  WYE_TRY(auto found, store_.list({.query = net::query_value(request.query, "query"),
                                   .name = net::query_value(request.query, "name"),
                                   .limit = range.limit,
                                   .offset = range.offset}));
  const bool more = static_cast<std::int64_t>(found.size()) > range.limit;
  if (more) found.pop_back();
  json::array out;
  for (const auto& one : found) {
    WYE_TRY(const auto backlog, store_.backlog(one.id));
    out.push_back(object_of(one, exporter_.progress(one.id), backlog));
  }
  auto response = net::json_response(200, json::serialize(out));
  add_paging_headers(response, range, more);
  return response;
}

Result<net::Response> DestinationHandlers::get(const ApiRequest& request) {
  WYE_TRY(const auto found, find(request.id()));
  return show(200, found);
}

Result<net::Response> DestinationHandlers::update(const ApiRequest& request) {
  WYE_TRY(auto destination, find(request.id()));
  WYE_CHECK(read_destination_body(request.body, exporter_.private_allowed(), destination));
  destination.updated_at = clock_.unix_micros();
  WYE_TRY(const bool there, store_.update(destination));
  if (!there) return no_such_destination();
  exporter_.changed(destination.id);
  return show(200, destination);
}

Result<net::Response> DestinationHandlers::remove(const ApiRequest& request) {
  WYE_TRY(const auto destination, find(request.id()));
  WYE_TRY(const auto done, store_.remove(destination.id));
  if (done == ExportStore::Removal::in_use)
    return conflict("a live browser exports to this destination; end it, or switch its export off");
  exporter_.changed(destination.id);
  return net::Response{204, {}, ""};
}

// Sends an empty request of each signal: no event is invented, and address, certificate and credentials are
// tried.
Result<net::Response> DestinationHandlers::test(const ApiRequest& request) {
  WYE_TRY(const auto destination, find(request.id()));
  json::object out;
  for (const auto signal : {otlp::Signal::logs, otlp::Signal::traces}) {
    const bool logs = signal == otlp::Signal::logs;
    if (!(logs ? destination.logs : destination.traces)) continue;
    const auto delivery = exporter_.test(destination, signal);
    json::object one{{"result", name_of(delivery.outcome)}};
    if (!delivery.reason.empty()) one["reason"] = delivery.reason;
    out[logs ? "logs" : "traces"] = std::move(one);
  }
  return net::json_response(200, json::serialize(out));
}

}  // namespace wye::control
