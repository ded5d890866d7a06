#include "metro/call_policy.h"

#include <algorithm>
#include <array>

namespace wye::metro {
namespace {

// First segments that a session's JWT reaches (vm-api §4); all else is the control plane's or nobody's.
constexpr std::array<std::string_view, 8> kServed = {"curl",    "telemetry", "computer", "playwright",
                                                     "process", "fs",        "logs",     "recording"};
// The fallback registry (routing-contract §4): one entry a line.
constexpr std::array<std::string_view, 1> kRegistry = {
    "telemetry/events",
};
constexpr std::array<std::string_view, 2> kTouching = {"telemetry/stream", "logs/stream"};
// wire-api §1: operations that a second sending would repeat.
constexpr std::array<std::string_view, 2> kRunningPrefixes = {"computer", "playwright"};
constexpr std::array<std::string_view, 5> kRunningTails = {"curl", "curl/raw", "process/exec",
                                                           "process/spawn", "fs/move"};

template <std::size_t kSize>
bool is_one_of(std::string_view text, const std::array<std::string_view, kSize>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

CallPolicy api_policy(std::string_view method, std::string_view tail) {
  if (tail.ends_with('/')) tail.remove_suffix(1);
  const auto first = tail.substr(0, tail.find('/'));
  const bool reads = method == "GET" || method == "HEAD";
  CallPolicy policy;
  policy.served = is_one_of(first, kServed);
  policy.registry_tail = is_one_of(tail, kRegistry);
  policy.sets_telemetry = tail == "telemetry" && (method == "PUT" || method == "PATCH");
  policy.archive_tail = tail == "telemetry/events" && method == "GET";
  policy.carries_authorization = tail == "curl/raw";

  const bool moves_files =
      first == "fs" && tail != "fs/list_files" && tail != "fs/file_info" && !tail.starts_with("fs/watch");
  if (first == "curl" || first == "playwright" || tail == "process/exec" || moves_files ||
      tail == "recording/download" || (first == "chromium" || tail == "configure"))
    policy.patience = Patience::heartbeat;
  if (reads &&
      (first == "telemetry" || tail == "process" || tail == "fs/list_files" || tail == "fs/file_info"))
    policy.patience = Patience::brief;

  if (tail == "telemetry/events" && reads) policy.use = Use::none;
  if (is_one_of(tail, kTouching)) policy.use = Use::touch;

  const bool feeds_process = first == "process" && tail.ends_with("/stdin");
  // curl/raw is never to be sent again whatever its method is (vm-api §5).
  policy.may_have_run = tail == "curl/raw" ||
                        (!reads && (is_one_of(first, kRunningPrefixes) || is_one_of(tail, kRunningTails) ||
                                    feeds_process || tail == "recording/start"));
  return policy;
}

CallPolicy socket_policy(std::string_view method, std::string_view tail) {
  if (tail.ends_with('/')) tail.remove_suffix(1);
  CallPolicy policy;
  policy.served = true;
  if (tail.starts_with("browser/webdriver")) {
    policy.may_have_run = method != "GET";
    policy.patience = Patience::heartbeat;
  }
  if (tail.starts_with("browser/cdp")) {
    const auto rest = tail.substr(std::string_view("browser/cdp").size());
    policy.lists_targets = rest == "/json" || rest == "/json/version" || rest == "/json/list" ||
                           rest == "/json/new" || rest.starts_with("/json/new");
  }
  return policy;
}

}  // namespace wye::metro
