#include "vm/curl/curl_service.h"

#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "base/try.h"
#include "vm/curl/curl_page.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxEarlyFacts = 256;
constexpr std::size_t kMaxJobs = 256;

std::string text_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

const json::object* object_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr ? found->if_object() : nullptr;
}

int int_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_int64() ? static_cast<int>(found->get_int64()) : 0;
}

bool bool_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

// DevTools joins repeated fields with a line break.
net::Headers headers_of(const json::object* object) {
  net::Headers out;
  if (object == nullptr) return out;
  for (const auto& field : *object) {
    if (!field.value().is_string()) continue;
    std::string_view rest(field.value().get_string());
    for (;;) {
      const auto end = rest.find('\n');
      out.add(std::string(field.key()), std::string(rest.substr(0, end)));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

json::array header_entries(const net::Headers& headers) {
  json::array out;
  for (const auto& [name, value] : headers) out.push_back(json::object{{"name", name}, {"value", value}});
  return out;
}

// What Chromium would send, overlaid by what the caller wants; nothing that tells of our page.
net::Headers headers_of_hop(const json::object& chromiums, const CurlJob& job, bool first_hop,
                            bool same_origin) {
  net::Headers out;
  for (const auto& [name, value] : headers_of(&chromiums)) {
    const auto lower = ascii_lower(name);
    if (lower == kJobHeader || lower == "origin" || lower == "referer") continue;
    out.add(name, value);
  }
  for (const auto& [name, value] : job.request().headers) {
    const auto lower = ascii_lower(name);
    if (!same_origin && (lower == "authorization" || lower == "cookie")) continue;
    if (!first_hop && lower.starts_with("content-")) continue;
    out.set(name, value);
  }
  return out;
}

std::string quoted(std::string_view text) { return json::serialize(json::value(text)); }

}  // namespace

CurlService::CurlService(boost::asio::io_context& io, std::string extension_dir)
    : io_(io),
      tab_(
          io, std::move(extension_dir),
          {.event = [this](std::string_view method, const json::object& params) { on_event(method, params); },
           .lost = [this] { fail_all(); }}) {}
CurlService::~CurlService() = default;

void CurlService::fail_all() {
  job_by_network_id_.clear();
  early_extra_.clear();
  for (auto& [id, weak] : std::exchange(jobs_, {}))
    if (const auto job = weak.lock()) job->lose();
}

net::Task<Result<std::shared_ptr<CurlJob>>> CurlService::start(
    std::shared_ptr<const CurlJobRequest> request, std::chrono::steady_clock::time_point deadline) {
  if (jobs_.size() >= kMaxJobs)
    co_return Error{.kind = ErrorKind::overloaded,
                    .code = "rate_limited",
                    .message = "too many requests through this browser at once; wait for some to end"};
  WYE_CO_CHECK(co_await tab_.ready(deadline));
  const auto id = std::to_string(next_job_++);
  std::shared_ptr<CurlJob> job(new CurlJob(io_, id, std::move(request)), [this](CurlJob* ended) {
    stop(*ended);
    delete ended;
  });
  jobs_[id] = job;
  // A body is handed over when the request is paused; fetch itself refuses one for GET and HEAD.
  run_script("wyeCurl.start(" + quoted(id) + "," +
             quoted(job->request().url.substr(0, job->request().url.find('#'))) + "," +
             quoted(job->request().method) + "," + std::to_string(kCurlCredit) + ")");
  co_return job;
}

void CurlService::took_piece(const CurlJob& job) { run_script("wyeCurl.more(" + quoted(job.id()) + ",1)"); }

void CurlService::stop(const CurlJob& job) {
  jobs_.erase(job.id());
  job_by_network_id_.erase(job.network_id);
  run_script("wyeCurl.stop(" + quoted(job.id()) + ")");
}

void CurlService::run_script(std::string expression) {
  tab_.post("Runtime.evaluate", {{"expression", std::move(expression)}});
}

std::shared_ptr<CurlJob> CurlService::job_of_network_id(const std::string& id) const {
  const auto known = job_by_network_id_.find(id);
  if (known == job_by_network_id_.end()) return nullptr;
  const auto job = jobs_.find(known->second);
  return job == jobs_.end() ? nullptr : job->second.lock();
}

void CurlService::on_event(std::string_view method, const json::object& params) {
  if (method == "Fetch.requestPaused") return on_paused(params);
  if (method == "Runtime.bindingCalled")
    return text_at(params, "name") == kCurlBinding ? on_binding(text_at(params, "payload")) : void();
  if (method == "Fetch.authRequired")
    return tab_.post("Fetch.continueWithAuth",
                     {{"requestId", text_at(params, "requestId")},
                      {"authChallengeResponse", json::object{{"response", "CancelAuth"}}}});
  const auto network_id = text_at(params, "requestId");
  const auto job = job_of_network_id(network_id);
  if (method == "Network.responseReceivedExtraInfo") {
    auto facts = std::make_pair(int_at(params, "statusCode"), headers_of(object_at(params, "headers")));
    if (job) return job->on_extra_info(facts.first, std::move(facts.second));
    // Facts of jobs that were stopped meanwhile are never asked for.
    if (early_extra_.size() >= kMaxEarlyFacts) early_extra_.clear();
    early_extra_[network_id].push_back(std::move(facts));
    return;
  }
  if (!job) return;
  if (method == "Network.responseReceived") {
    const auto* response = object_at(params, "response");
    if (response == nullptr) return;
    job->on_response(
        {int_at(*response, "status"), headers_of(object_at(*response, "headers")), text_at(*response, "url")},
        bool_at(params, "hasExtraInfo"));
  } else if (method == "Network.loadingFailed") {
    auto name = text_at(params, "errorText");
    if (name.starts_with("net::")) name.erase(0, 5);
    job->on_network_error(std::move(name), bool_at(params, "canceled"));
  }
}

void CurlService::on_paused(const json::object& params) {
  const auto paused_id = text_at(params, "requestId");
  const auto network_id = text_at(params, "networkId");
  const auto* request = object_at(params, "request");
  auto job = job_of_network_id(network_id);
  const bool first_hop = job == nullptr;
  if (first_hop && request != nullptr) {
    const auto named = jobs_.find(std::string(headers_of(object_at(*request, "headers")).get(kJobHeader)));
    if (named != jobs_.end()) job = named->second.lock();
  }
  if (job == nullptr || request == nullptr)  // not ours (the page itself), or stopped before it left
    return tab_.post(first_hop && job == nullptr ? "Fetch.continueRequest" : "Fetch.failRequest",
                     first_hop && job == nullptr
                         ? json::object{{"requestId", paused_id}}
                         : json::object{{"requestId", paused_id}, {"errorReason", "Aborted"}});
  if (first_hop) {
    job->network_id = network_id;
    job_by_network_id_[network_id] = job->id();
    if (auto early = early_extra_.extract(network_id))
      for (auto& [status, headers] : early.mapped()) job->on_extra_info(status, std::move(headers));
  } else {
    job->on_hop(text_at(*request, "url"));
  }
  const bool same_origin = job->current_origin == origin_of(job->request().url);
  const auto* chromiums = object_at(*request, "headers");
  json::object go{{"requestId", paused_id},
                  {"headers", header_entries(headers_of_hop(chromiums ? *chromiums : json::object(), *job,
                                                            first_hop, same_origin))}};
  if (first_hop && !job->request().body.empty()) go["postData"] = base64(job->request().body);
  tab_.post("Fetch.continueRequest", std::move(go));
}

void CurlService::on_binding(std::string_view payload) {
  const auto first = payload.find('|');
  if (first == std::string_view::npos || payload.size() < first + 3) return;
  const auto found = jobs_.find(payload.substr(0, first));
  const auto job = found == jobs_.end() ? nullptr : found->second.lock();
  if (!job) return;
  const auto rest = payload.substr(first + 3);
  switch (payload[first + 1]) {
    case 'd':
      if (auto bytes = base64_decode(rest)) job->on_body(std::move(*bytes));
      break;
    case 'e':
      job->on_end();
      break;
    case 'x':
      job->on_page_error();
      break;
    default:
      break;
  }
}

}  // namespace wye::vm
