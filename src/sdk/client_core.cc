#include "sdk/client_core.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/encoding.h"
#include "base/redact.h"
#include "base/try.h"
#include "net/loopback_host.h"
#include "sdk/answer.h"
#include "sdk/backoff.h"
#include "sdk/retry.h"

namespace wye {
namespace {

constexpr const char* kDefaultBaseUrl = "http://127.0.0.1:7711";
constexpr std::chrono::milliseconds kLongestTimeout = std::chrono::hours(24 * 365);  // safe to add to a time
constexpr const char* kUserAgent = "wye-cpp/0.1";

using Environment = std::function<const char*(const char*)>;

std::optional<std::string> from(const Environment& environment, const char* name) {
  const char* value = environment(name);
  const std::string_view text(value == nullptr ? "" : value);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

ClientWorld whole(ClientWorld world) {
  if (!world.environment)
    world.environment = [](const char* name) -> const char* { return std::getenv(name); };
  return world;
}

// Fails when the client is made: a later call would only know that no certificate can be trusted.
Result<std::string> readable(const std::string& ca_file) {
  if (ca_file.empty() || ::access(ca_file.c_str(), R_OK) == 0) return ca_file;
  return Error{.kind = ErrorKind::invalid,
               .code = "ca_file_unreadable",
               .message = "the CA file " + ca_file + " cannot be read: " + std::strerror(errno)};
}

// Fails when the client is made, and without the URL, which may hold a password.
Result<std::optional<std::string>> usable(const std::optional<std::string>& proxy) {
  if (!proxy || proxy->empty()) return proxy;
  const auto scheme =
      ascii_lower(std::string_view(*proxy).substr(0, std::min(proxy->find("://"), proxy->size())));
  constexpr std::array<std::string_view, 6> kSchemes{"http",    "https",  "socks4",
                                                     "socks4a", "socks5", "socks5h"};
  if (std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end() &&
      !net::host_of_url(*proxy).empty())
    return proxy;
  return Error{.kind = ErrorKind::invalid,
               .code = "bad_proxy",
               .message =
                   "the proxy must be a URL such as http://proxy.example:3128 (http, https, socks4, socks4a, "
                   "socks5 or socks5h), or empty for none"};
}

ClientOptions filled_in(ClientOptions options, const Environment& environment) {
  if (!options.api_key) options.api_key = from(environment, "KERNEL_API_KEY").value_or("");
  if (!options.base_url) options.base_url = from(environment, "KERNEL_BASE_URL").value_or(kDefaultBaseUrl);
  if (!options.ca_file) options.ca_file = from(environment, "WYE_CA_FILE").value_or("");
  if (!options.log) options.log = from(environment, "KERNEL_LOG").value_or("off");
  return options;
}

}  // namespace

ClientCore::ClientCore(ClientOptions options, ClientWorld world)
    : world_(whole(std::move(world))),
      options_(filled_in(std::move(options), world_.environment)),
      log_(parse_log_level(*options_.log, LogLevel::off), options_.log_sink),
      cache_(*world_.clock, options_.route_cache_size),
      http_({.ca_file = readable(*options_.ca_file).value(), .proxy = usable(options_.proxy).value()}),
      transport_(transport_options(), cache_, http_, log_) {}

routing::TransportOptions ClientCore::transport_options() const {
  routing::TransportOptions out;
  out.base = routing::parse_base_url(*options_.base_url).value();
  out.api_key = *options_.api_key;
  out.allow =
      options_.routing_subresources
          ? routing::AllowList(*options_.routing_subresources)
          : routing::AllowList::from_environment(world_.environment("KERNEL_BROWSER_ROUTING_SUBRESOURCES"));
  out.refresh_stale_routes = options_.refresh_stale_routes;
  out.default_headers = options_.default_headers;
  for (const auto& field : HeaderFields{{"Accept", "application/json"}, {"User-Agent", kUserAgent}})
    if (header(out.default_headers, field.first).empty()) out.default_headers.push_back(field);
  return out;
}

routing::Limits ClientCore::limits(const CallOptions& call, bool endless_body) const {
  const auto deadline =
      world_.clock->steady() + std::min(call.timeout.value_or(options_.timeout), kLongestTimeout);
  routing::Limits out{.deadline = deadline, .stop = call.stop};
  if (!endless_body) out.body_deadline = deadline;
  return out;
}

Result<ResponseStream> ClientCore::open(const Request& request, const CallOptions& call, bool endless_body) {
  const auto bounds = limits(call, endless_body);
  const auto replay = sdk::replay_of(request, transport_.vm_call_of(request));
  const int retries = call.max_retries.value_or(options_.max_retries);
  for (int retry = 0;; ++retry) {
    auto answer = transport_.attempt(request, bounds);
    if (log_.enabled(LogLevel::debug))
      log_.debug("answer", {{"status", answer ? answer->status() : 0},
                            {"via", answer ? to_string(answer->route().via) : ""},
                            {"error", answer ? "" : answer.error().code}});
    const auto again = answer ? sdk::after_answer(replay, answer->status(), answer->headers())
                              : sdk::after_error(replay, answer.error());
    if (again == sdk::Again::no || retry >= retries) return answer;
    if (!pause_before_retry(retry, answer, again == sdk::Again::at_once, bounds)) {
      if (bounds.stop.stop_requested())
        return Error{
            .kind = ErrorKind::cancelled, .code = "cancelled", .message = "the caller asked to stop"};
      return answer;  // no time for another attempt: this answer says more than a timeout
    }
  }
}

bool ClientCore::pause_before_retry(int retry, const Result<ResponseStream>& answer, bool at_once,
                                    const routing::Limits& bounds) {
  if (at_once) return true;
  const auto asked = answer ? sdk::asked_pause(answer->headers(), world_.clock->unix_micros()) : std::nullopt;
  const auto wait = asked.value_or(sdk::backoff(retry, *world_.random));
  if (world_.clock->steady() + wait >= bounds.deadline) return false;
  log_.info("retry", {{"retry", retry + 1},
                      {"status", answer ? answer->status() : 0},
                      {"error", answer ? "" : answer.error().code},
                      {"wait_ms", wait.count()}});
  return world_.pause->wait(wait, bounds.stop).has_value();
}

Result<Response> ClientCore::request(const Request& request, const CallOptions& call) {
  WYE_TRY(auto stream, open(request, call, false));
  WYE_TRY(auto body, sdk::read_whole(stream, kMaxWholeBody));
  return Response{stream.status(), stream.headers(), std::move(body), stream.route()};
}

Result<Response> ClientCore::expect_success(const Request& wanted, const CallOptions& call) {
  WYE_TRY(auto answer, request(wanted, call));
  if (answer.status >= 200 && answer.status < 300) return answer;
  return error_of(answer.status, answer.headers, answer.body);
}

Result<ResponseStream> ClientCore::fetch(const std::string& id_or_name, const Request& request,
                                         std::string_view query, const CallOptions& call) {
  return transport_.fetch(id_or_name, request, query, limits(call, true));
}

std::string ClientCore::session_of(const std::string& id_or_name) {
  const auto route = cache_.find(id_or_name);
  return route ? route->session_id : std::string();
}

Error ClientCore::error_of(int status, const HeaderFields& headers, std::string_view body) const {
  return sdk::error_of_answer(status, headers, body, *options_.api_key);
}

}  // namespace wye
