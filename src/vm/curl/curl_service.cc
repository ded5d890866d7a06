#include "vm/curl/curl_service.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "base/try.h"
#include "vm/curl/curl_page.h"
#include "vm/curl/field_bytes.h"
#include "vm/curl/json_fields.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxEarlyFacts = 256;
constexpr std::size_t kMaxJobs = 256;
// A page that is silent for this long is stuck.
constexpr auto kSilentAtMost = std::chrono::seconds(5);

// DevTools joins repeated fields with a line break.
net::Headers headers_of(const json::object* object, std::string (*value_of)(std::string_view)) {
  net::Headers out;
  if (object == nullptr) return out;
  for (const auto& field : *object) {
    if (!field.value().is_string()) continue;
    std::string_view rest(field.value().get_string());
    for (;;) {
      const auto end = rest.find('\n');
      out.add(std::string(field.key()), value_of(rest.substr(0, end)));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

std::string as_it_is(std::string_view text) { return std::string(text); }

json::array header_entries(const net::Headers& headers) {
  json::array out;
  for (const auto& [name, value] : headers) out.push_back(json::object{{"name", name}, {"value", value}});
  return out;
}

std::string quoted(std::string_view text) { return json::serialize(json::value(text)); }

// DevTools says `Unsafe header: NAME`, `Invalid header: NAME`, or that there is no such request any more.
Error refusal_of(const Error& why) {
  const auto colon = why.message.find(" header: ");
  if (colon == std::string::npos)
    return {.kind = ErrorKind::disconnected,
            .code = "upstream_transport",
            .message = "the browser does not send the request: " + why.message,
            .status = 502};
  return {.kind = ErrorKind::invalid,
          .code = "bad_request",
          .message = "the browser refuses to send the header field " + why.message.substr(colon + 9)};
}

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
  silent_since_.reset();
  for (auto& [id, weak] : std::exchange(jobs_, {}))
    if (const auto job = weak.lock()) job->on_page_lost();
}

net::Task<Result<std::shared_ptr<CurlJob>>> CurlService::start(
    std::shared_ptr<const CurlJobRequest> request, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    if (jobs_.size() >= kMaxJobs)
      co_return Error{.kind = ErrorKind::overloaded,
                      .code = "rate_limited",
                      .message = "too many requests through this browser at once; wait for some to end"};
    if (page_is_stuck()) tab_.replace();
    WYE_CO_CHECK(co_await tab_.ready(deadline));
    auto job = make_job(request);
    begin(job);
    const auto until = std::chrono::steady_clock::now() + kSilentAtMost;
    const bool is_under_way = co_await job->begun(std::min(deadline, until));
    // Nothing has left then: clients of DevTools may do anything to a page, and the job can begin again in
    // the next one.
    if (is_under_way || std::chrono::steady_clock::now() >= deadline) co_return job;
  }
}

std::shared_ptr<CurlJob> CurlService::make_job(std::shared_ptr<const CurlJobRequest> request) {
  const auto id = std::to_string(next_job_++);
  std::shared_ptr<CurlJob> job(new CurlJob(io_, id, std::move(request)), [this](CurlJob* ended) {
    stop(*ended);
    delete ended;
  });
  jobs_[id] = job;
  return job;
}

// A body is handed over when the request is paused; fetch itself refuses one for GET and HEAD.
void CurlService::begin(const std::shared_ptr<CurlJob>& job) {
  const auto& request = job->request();
  const auto set_fields = [this](json::object fields) {
    json::object params{{"headers", std::move(fields)}};
    post("Network.setExtraHTTPHeaders", std::move(params),
         nullptr);  // if it fails, so does the start of the job
  };
  if (job->sets_fields_in_page) {
    json::object callers;
    // The page's own origin would name our extension.
    if (request.method != "GET" && request.method != "HEAD") callers["Origin"] = origin_of(request.url);
    for (const auto& [name, value] : request.headers)
      callers[iequals(name, "origin") ? "Origin" : name] = latin1_text(value);
    set_fields(std::move(callers));
  }
  run_script("wyeCurl.start(" + quoted(job->id()) + "," +
                 quoted(request.url.substr(0, request.url.find('#'))) + "," + quoted(request.method) + "," +
                 std::to_string(kCurlCredit) + ")",
             [weak = std::weak_ptr<CurlJob>(job)] {
               if (const auto begun = weak.lock()) begun->on_begun();
             });
  if (job->sets_fields_in_page) set_fields({});
}

// Returns credit in halves, because each time costs a command and its answer.
void CurlService::took_piece(CurlJob& job) {
  if (++job.pieces_taken < kCurlCredit / 2) return;
  run_script("wyeCurl.more(" + quoted(job.id()) + "," + std::to_string(std::exchange(job.pieces_taken, 0)) +
             ")");
}

void CurlService::stop(const CurlJob& job) {
  jobs_.erase(job.id());
  job_by_network_id_.erase(job.network_id);
  if (page_is_stuck()) return tab_.replace();
  run_script("wyeCurl.stop(" + quoted(job.id()) + ")");
}

void CurlService::post(std::string method, json::object params, CdpChannel::Answered answered) {
  if (answered)
    answered = [answered = std::move(answered),
                alive = std::weak_ptr<char>(alive_)](Result<json::value> answer) {
      if (!alive.expired()) answered(std::move(answer));
    };
  tab_.post(std::move(method), std::move(params), std::move(answered));
}

bool CurlService::page_is_stuck() const {
  return silent_since_ && std::chrono::steady_clock::now() - *silent_since_ > kSilentAtMost;
}

// A page without our script is useless: a client has changed it.
void CurlService::run_script(std::string expression, std::function<void()> done) {
  if (!silent_since_) silent_since_ = std::chrono::steady_clock::now();
  json::object params{{"expression", std::move(expression)}};
  post("Runtime.evaluate", std::move(params),
       [this, done = std::move(done), page = tab_.page()](const Result<json::value>& answer) {
         if (page != tab_.page()) return;
         silent_since_.reset();
         if (!answer && answer.error().code != "cdp_error") return;  // Chromium is gone, and the page with it
         const auto* result = answer ? answer->if_object() : nullptr;
         if (result == nullptr || result->contains("exceptionDetails")) return tab_.lose();
         if (done) done();
       });
}

std::shared_ptr<CurlJob> CurlService::job_of_fragment(std::string_view fragment) const {
  if (!fragment.starts_with(kJobFragment)) return nullptr;
  const auto found = jobs_.find(fragment.substr(kJobFragment.size()));
  return found == jobs_.end() ? nullptr : found->second.lock();
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
  if (method == "Fetch.authRequired") {
    const auto paused_id = text_at(params, "requestId");
    const json::object cancel{{"response", "CancelAuth"}};
    return post("Fetch.continueWithAuth", {{"requestId", paused_id}, {"authChallengeResponse", cancel}},
                [this, paused_id](const Result<json::value>& answer) {
                  if (!answer) fail_paused(paused_id);
                });
  }
  const auto network_id = text_at(params, "requestId");
  const auto job = job_of_network_id(network_id);
  if (method == "Network.responseReceivedExtraInfo") {
    auto facts =
        std::make_pair(int_at(params, "statusCode"), headers_of(object_at(params, "headers"), field_bytes));
    if (job) return job->on_extra_info(facts.first, std::move(facts.second));
    // Head facts of jobs that were stopped meanwhile are never fetched, so they are bounded.
    if (early_extra_.size() >= kMaxEarlyFacts) early_extra_.clear();
    early_extra_[network_id].push_back(std::move(facts));
    return;
  }
  if (!job) return;
  if (method == "Network.responseReceived") {
    const auto* response = object_at(params, "response");
    if (response == nullptr) return;
    job->on_response({int_at(*response, "status"), headers_of(object_at(*response, "headers"), field_bytes),
                      text_at(*response, "url")},
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
  if (first_hop && request != nullptr) job = job_of_fragment(text_at(*request, "urlFragment"));
  if (job == nullptr || request == nullptr)
    return fail_paused(paused_id);  // the job was stopped before the request left
  if (first_hop) {
    job->network_id = network_id;
    job_by_network_id_[network_id] = job->id();
    if (auto early = early_extra_.extract(network_id))
      for (auto& [status, headers] : early.mapped()) job->on_extra_info(status, std::move(headers));
  }
  job->on_hop(text_at(*request, "url"), text_at(*request, "method"));
  json::object how{{"requestId", paused_id}};
  if (!job->sets_fields_in_page)
    how["headers"] = header_entries(headers_of_hop(headers_of(object_at(*request, "headers"), as_it_is),
                                                   job->request().headers, job->trail()));
  if (first_hop && !job->request().body.empty()) how["postData"] = base64(job->request().body);
  go_on(job, paused_id, std::move(how));
}

void CurlService::go_on(const std::shared_ptr<CurlJob>& job, std::string paused_id, json::object how) {
  const std::weak_ptr<CurlJob> weak = job;
  post("Fetch.continueRequest", std::move(how), [this, weak, paused_id](const Result<json::value>& answer) {
    if (answer) return;
    fail_paused(paused_id);  // it would wait for ever
    if (const auto refused = weak.lock()) refused->refuse(refusal_of(answer.error()));
  });
}

// Fails a paused request; the page then reports the failure. If the request no longer exists, nothing waits
// for it.
void CurlService::fail_paused(std::string paused_id) {
  post("Fetch.failRequest", {{"requestId", std::move(paused_id)}, {"errorReason", "Aborted"}}, nullptr);
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
    case 'u':
      job->refuse({.kind = ErrorKind::invalid,
                   .code = "bad_request",
                   .message = "url is not one that the browser can read"});
      break;
    default:
      break;
  }
}

}  // namespace wye::vm
