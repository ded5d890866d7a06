#include "wire/vm_calls.h"

#include <algorithm>

namespace wye::wire {
namespace {

using enum Reach;
using enum Patience;
using enum Use;
using enum Told;

struct Direct {
  std::string_view prefix;
};
struct Flag {
  bool VmCall::*member;
};

constexpr Direct curl{"curl"}, telemetry{"telemetry"}, computer{"computer"}, playwright{"playwright"},
    process{"process"}, fs{"fs"}, logs_stream{"logs/stream"};
constexpr Flag served{&VmCall::served}, repeats{&VmCall::repeats}, falls_back{&VmCall::falls_back},
    archived{&VmCall::archived}, raw{&VmCall::raw}, sets_telemetry{&VmCall::sets_telemetry},
    lists_targets{&VmCall::lists_targets};

constexpr void set(VmCall& row, Reach reach) { row.reach = reach; }
constexpr void set(VmCall& row, Patience patience) { row.patience = patience; }
constexpr void set(VmCall& row, Use use) { row.use = use; }
constexpr void set(VmCall& row, Told told) { row.told = told; }
constexpr void set(VmCall& row, Direct direct) { row.direct = direct.prefix; }
constexpr void set(VmCall& row, Flag flag) { row.*flag.member = true; }

// Makes a row; fields that are not given have VmCall's defaults.
template <class... What>
constexpr VmCall row(std::string_view method, std::string_view tail, std::string_view operation,
                     What... what) {
  VmCall out{.method = method, .tail = tail, .operation = operation};
  (set(out, what), ...);
  return out;
}

// The first row whose tail matches decides; rows of the same tail stand together.
constexpr std::array kRows{
    row("POST", "curl", "browserCurl", curl, heartbeat, api_call, repeats, served),
    row("*", "curl/raw", "browserCurlRaw", base_url, curl, heartbeat, api_call, repeats, raw, served),

    row("GET", "telemetry", "getTelemetry", telemetry, brief, served),
    row("PUT", "telemetry", "putTelemetry", telemetry, sets_telemetry, served),
    row("PATCH", "telemetry", "patchTelemetry", telemetry, sets_telemetry, served),
    row("GET", "telemetry/events", "listTelemetryEvents", telemetry, brief, none, falls_back, archived,
        served),
    row("POST", "telemetry/events", "postTelemetryEvent", telemetry, served),
    row("GET", "telemetry/stream", "streamTelemetry", telemetry, brief, touch, served),

    row("POST", "computer/click_mouse", "clickMouse", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/move_mouse", "moveMouse", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/drag_mouse", "dragMouse", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/scroll", "scroll", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/type", "typeText", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/press_key", "pressKey", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/screenshot", "takeScreenshot", computer, api_call, served),
    row("POST", "computer/cursor", "setCursor", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/get_mouse_position", "getMousePosition", computer, heartbeat, api_call, served),
    row("POST", "computer/clipboard/read", "readClipboard", computer, heartbeat, api_call, served),
    row("POST", "computer/clipboard/write", "writeClipboard", computer, heartbeat, api_call, repeats, served),
    row("POST", "computer/batch", "batchComputerAction", computer, heartbeat, api_call, repeats, served),

    row("POST", "playwright/execute", "executePlaywrightCode", playwright, heartbeat, api_call, repeats,
        served),
    row("GET", "playwright/executors", "listPlaywrightExecutors", playwright, brief, api_call, served),
    row("DELETE", "playwright/executors/{}", "deletePlaywrightExecutor", playwright, api_call, repeats,
        served),

    row("POST", "process/exec", "processExec", process, heartbeat, platform_api_call, repeats, served),
    row("POST", "process/spawn", "processSpawn", process, platform_api_call, repeats, served),
    row("GET", "process/{}/status", "processStatus", process, brief, platform_api_call, served),
    row("POST", "process/{}/stdin", "processStdin", process, platform_api_call, repeats, served),
    row("POST", "process/{}/kill", "processKill", process, platform_api_call, served),
    row("POST", "process/{}/resize", "processResize", process, platform_api_call, served),
    row("GET", "process/{}/stdout/stream", "processStdoutStream", process, platform_api_call, served),
    row("GET", "process/{}/attach", "processAttach", base_url, process, platform_api_call, served),

    row("PUT", "fs/create_directory", "createDirectory", fs, heartbeat, platform_api_call, served),
    row("PUT", "fs/delete_file", "deleteFile", fs, heartbeat, platform_api_call, served),
    row("PUT", "fs/delete_directory", "deleteDirectory", fs, heartbeat, platform_api_call, served),
    row("PUT", "fs/move", "movePath", fs, heartbeat, platform_api_call, repeats, served),
    row("PUT", "fs/set_file_permissions", "setFilePermissions", fs, heartbeat, platform_api_call, served),
    row("GET", "fs/file_info", "fileInfo", fs, brief, platform_api_call, served),
    row("GET", "fs/list_files", "listFiles", fs, brief, platform_api_call, served),
    row("GET", "fs/read_file", "readFile", fs, heartbeat, platform_api_call, served),
    row("PUT", "fs/write_file", "writeFile", fs, heartbeat, platform_api_call, served),
    row("GET", "fs/download_dir_zip", "downloadDirZip", fs, heartbeat, platform_api_call, served),
    row("GET", "fs/download_dir_zstd", "downloadDirZstd", fs, heartbeat, platform_api_call, served),
    row("POST", "fs/upload", "uploadFiles", fs, heartbeat, platform_api_call, served),
    row("POST", "fs/upload_zip", "uploadZip", fs, heartbeat, platform_api_call, served),
    row("POST", "fs/upload_zstd", "uploadZstd", fs, heartbeat, platform_api_call, served),
    row("POST", "fs/watch", "startFsWatch", fs, platform_api_call, served),
    row("DELETE", "fs/watch/{}", "stopFsWatch", fs, platform_api_call, served),
    row("GET", "fs/watch/{}/events", "streamFsEvents", fs, platform_api_call, served),

    row("GET", "logs/stream", "logsStream", logs_stream, brief, touch, platform_api_call, served),

    row("POST", "recording/start", "startRecording", platform_api_call, repeats),
    row("POST", "recording/stop", "stopRecording", platform_api_call),
    row("GET", "recording/download", "downloadRecording", heartbeat, platform_api_call),
    row("GET", "recording/list", "listRecorders", brief, platform_api_call),
    row("POST", "recording/delete", "deleteRecording", platform_api_call),
    row("POST", "recording/mark", "markRecording", platform_api_call, repeats),

    row("POST", "repl", "repl", heartbeat, api_call, repeats, served),
    row("GET", "webmcp/tools", "listWebMcpTools", api_call),
    row("POST", "webmcp/invoke", "invokeWebMcpTool", heartbeat, api_call, repeats),
    row("GET", "webmcp/custom-tools", "listWebMcpCustomTools", brief, api_call),
    row("POST", "webmcp/custom-tools", "addWebMcpCustomTools", api_call),
    row("DELETE", "webmcp/custom-tools/{}", "deleteWebMcpCustomTool", api_call),

    row("PATCH", "display", "patchDisplay", control_plane, platform_api_call, served),
    row("PATCH", "chromium/flags", "patchChromiumFlags", control_plane, heartbeat, platform_api_call),
    row("PATCH", "chromium/policies", "patchChromiumPolicies", control_plane, heartbeat, platform_api_call),
    row("POST", "chromium/upload-extensions", "uploadExtensions", control_plane, heartbeat,
        platform_api_call),
    row("POST", "chromium/upload-extensions-and-restart", "uploadExtensionsAndRestart", control_plane,
        heartbeat, platform_api_call),
    row("POST", "configure", "configure", control_plane, heartbeat, platform_api_call),
    row("POST", "scaletozero/disable", "disableScaleToZero", control_plane, platform_api_call),
    row("POST", "scaletozero/enable", "enableScaleToZero", control_plane, platform_api_call),
    row("GET", "network/egress-policy", "getEgressPolicy", control_plane, platform_api_call),
    row("PUT", "network/egress-policy", "putEgressPolicy", control_plane, platform_api_call),

    row("POST", "extensions", "loadExtensions", control_plane, heartbeat),
    row("GET", "replays", "listReplays", control_plane, none),
    row("POST", "replays", "startReplay", control_plane, repeats),
    row("GET", "replays/{}", "downloadReplay", control_plane, heartbeat, none),
    row("POST", "replays/{}/stop", "stopReplay", control_plane),

    row("GET", "browser/cdp/json", "cdpTargets", own_origin, lists_targets, served),
    row("GET", "browser/cdp/json/list", "cdpTargetList", own_origin, lists_targets, served),
    row("GET", "browser/cdp/json/version", "cdpVersion", own_origin, lists_targets, served),
    row("GET", "browser/cdp/json/protocol", "cdpProtocol", own_origin, served),
    row("*", "browser/cdp/json/new", "cdpNewTarget", own_origin, lists_targets, served),
    row("*", "browser/cdp/json/close/{}", "cdpCloseTarget", own_origin, served),
    row("*", "browser/cdp/json/activate/{}", "cdpActivateTarget", own_origin, served),
    row("GET", "browser/cdp/**", "cdpSocket", own_origin, served),
    row("GET", "browser/webdriver/**", "webdriverSocket", own_origin, heartbeat),
    row("*", "browser/webdriver/**", "webdriver", own_origin, heartbeat, repeats),
    row("GET", "browser/live/**", "liveView", own_origin),
    row("GET", "browser/replays/**", "replayView", own_origin, none),

    row("GET", "healthz", "health", agent, served),
    row("GET", "spec.yaml", "spec", agent, served),
    row("GET", "heartbeat", "heartbeat", agent, served),
    row("GET", "counters", "counters", agent, served),
    row("GET", "server", "holdServer", agent, served),
    row("POST", "ending", "endConnections", agent, served),
    row("*", "json/**", "devtoolsOverHttp", agent, served),
    row("GET", "devtools/**", "devtoolsSocket", agent, served),
};

constexpr VmCalls kCalls(kRows);

}  // namespace

VmCalls::Found VmCalls::find(std::string_view method, std::string_view tail) const {
  if (tail.empty() || tail.back() == '/') return {};
  const auto* place = literal(tail);
  if (place == nullptr) place = wildcard(tail);
  if (place == nullptr) return {};
  const auto asked = method == "HEAD" ? std::string_view("GET") : method;
  Found found{.other = &rows_[place->row]};
  for (const auto& row : rows_.subspan(place->row, place->rows)) {
    found.in_registry |= row.falls_back;
    if (row.method == asked || (row.method == "*" && found.call == nullptr)) found.call = &row;
  }
  return found;
}

std::string VmCalls::methods_of(std::string_view tail) const {
  const auto* first = find({}, tail).other;
  std::string out;
  for (const auto& row : rows_) {
    if (first == nullptr || row.tail != first->tail || row.method == "*") continue;
    if (!out.empty()) out += ", ";
    out += row.method == "GET" ? "GET, HEAD" : row.method;
  }
  return out;
}

const VmCall* VmCalls::named(std::string_view operation) const {
  const auto found =
      std::find_if(rows_.begin(), rows_.end(), [&](const VmCall& row) { return row.operation == operation; });
  return found == rows_.end() ? nullptr : &*found;
}

const VmCalls& vm_calls() { return kCalls; }

}  // namespace wye::wire
