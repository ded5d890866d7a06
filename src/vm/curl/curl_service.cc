#include "vm/curl/curl_service.h"

#include <sys/stat.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "base/encoding.h"
#include "base/try.h"
#include "vm/curl/curl_page.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                boost::asio::io_context::executor_type>;

constexpr std::size_t kMaxEarlyFacts = 256;
constexpr std::size_t kMaxJobs = 256;

constexpr std::string_view kManifest = R"({
  "manifest_version": 3,
  "name": "Wye",
  "version": "1",
  "host_permissions": ["<all_urls>"]
})";
constexpr std::string_view kPage = "<!doctype html><meta charset=utf-8><title></title>";

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

Error gone() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is restarting",
          .status = 503};
}

// Built by a call, since g++ 12 refuses initializer lists inside an awaited expression.
void set_all(json::object&) {}
template <class Value, class... Rest>
void set_all(json::object& out, std::string_view key, Value value, Rest... rest) {
  out[key] = json::value_from(std::move(value));
  set_all(out, std::move(rest)...);
}
template <class... Fields>
json::object fields(Fields... values) {
  json::object out;
  set_all(out, std::move(values)...);
  return out;
}

std::string quoted(std::string_view text) { return json::serialize(json::value(text)); }

}  // namespace

CurlService::CurlService(boost::asio::io_context& io, std::string extension_dir)
    : io_(io), extension_dir_(std::move(extension_dir)) {}
CurlService::~CurlService() = default;

void CurlService::attach(std::shared_ptr<CdpChannel> channel) {
  listening_.reset();
  target_id_.clear();
  session_id_.clear();
  job_by_network_id_.clear();
  early_extra_.clear();
  auto jobs = std::exchange(jobs_, {});
  channel_ = std::move(channel);
  for (auto& [id, weak] : jobs)
    if (const auto job = weak.lock()) job->fail("ERR_ABORTED");
}

Result<void> CurlService::write_extension() const {
  const auto write = [&](const char* name, std::string_view text) {
    std::ofstream out(extension_dir_ + "/" + name, std::ios::binary | std::ios::trunc);
    out << text;
    return static_cast<bool>(out.flush());
  };
  ::mkdir(extension_dir_.c_str(), 0755);
  if (!write("manifest.json", kManifest) || !write("page.html", kPage))
    return Error{.kind = ErrorKind::internal,
                 .code = "internal_error",
                 .message = "the curl extension cannot be written"};
  ::chmod(extension_dir_.c_str(), 0755);
  return {};
}

net::Task<Result<void>> CurlService::make_page() {
  const auto channel = channel_;
  if (!channel) co_return gone();
  WYE_CO_CHECK(write_extension());
  WYE_CO_TRY(auto loaded, co_await channel->call("Extensions.loadUnpacked", fields("path", extension_dir_)));
  const auto extension = loaded.is_object() ? text_at(loaded.get_object(), "id") : "";
  WYE_CO_TRY(auto made, co_await channel->call(
                            "Target.createTarget",
                            fields("url", "chrome-extension://" + extension + "/page.html", "hidden", true)));
  const auto target = made.is_object() ? text_at(made.get_object(), "targetId") : "";
  target_id_ = target;
  WYE_CO_TRY(auto attached,
             co_await channel->call("Target.attachToTarget", fields("targetId", target, "flatten", true)));
  const auto session = attached.is_object() ? text_at(attached.get_object(), "sessionId") : "";
  WYE_CO_CHECK(
      co_await channel->call("Runtime.addBinding", fields("name", std::string(kCurlBinding)), session));
  WYE_CO_CHECK(co_await channel->call(
      "Network.enable", fields("maxTotalBufferSize", 0, "maxResourceBufferSize", 0, "maxPostDataSize", 0),
      session));
  json::array everything;
  everything.push_back(fields("urlPattern", std::string("*")));
  WYE_CO_CHECK(co_await channel->call("Fetch.enable",
                                      fields("patterns", everything, "handleAuthRequests", true), session));
  WYE_CO_TRY(auto ran, co_await channel->call("Runtime.evaluate",
                                              fields("expression", std::string(kCurlPageScript)), session));
  if (ran.is_object() && ran.get_object().contains("exceptionDetails"))
    co_return Error{
        .kind = ErrorKind::internal, .code = "internal_error", .message = "the curl page's script failed"};
  if (channel != channel_) co_return gone();
  session_id_ = session;
  listening_ = channel->listen(
      session, [this](std::string_view method, const json::object& params) { on_event(method, params); });
  co_return Result<void>();
}

net::Task<Result<std::shared_ptr<CurlJob>>> CurlService::start(CurlJobRequest request) {
  if (jobs_.size() >= kMaxJobs)
    co_return Error{.kind = ErrorKind::overloaded,
                    .code = "rate_limited",
                    .message = "too many requests through this browser at once; wait for some to end"};
  while (making_page_) {  // one maker; the others wait for it
    auto timer = std::make_shared<Timer>(io_.get_executor(), Timer::time_point::max());
    waiting_for_page_.push_back([timer] { timer->cancel(); });
    co_await timer->async_wait(boost::asio::as_tuple(boost::asio::deferred));
  }
  if (session_id_.empty()) {
    making_page_ = true;
    auto made = co_await make_page();
    making_page_ = false;
    for (auto& wake : std::exchange(waiting_for_page_, {})) wake();
    if (!made) co_return made.error();
  }
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

void CurlService::post(std::string method, json::object params) {
  if (channel_ && !session_id_.empty()) channel_->post(std::move(method), std::move(params), session_id_);
}

void CurlService::run_script(std::string expression) {
  post("Runtime.evaluate", {{"expression", std::move(expression)}});
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
    return post("Fetch.continueWithAuth",
                {{"requestId", text_at(params, "requestId")},
                 {"authChallengeResponse", json::object{{"response", "CancelAuth"}}}});
  const auto network_id = text_at(params, "requestId");
  const auto job = job_of_network_id(network_id);
  if (method == "Network.responseReceivedExtraInfo") {
    auto facts = std::make_pair(int_at(params, "statusCode"), headers_of(object_at(params, "headers")));
    if (job) return job->on_extra_info(facts.first, std::move(facts.second));
    if (early_extra_.size() < kMaxEarlyFacts) early_extra_[network_id].push_back(std::move(facts));
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
    return post(first_hop && job == nullptr ? "Fetch.continueRequest" : "Fetch.failRequest",
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
  post("Fetch.continueRequest", std::move(go));
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
