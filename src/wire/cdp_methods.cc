#include "wire/cdp_methods.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"

namespace wye::wire {

namespace {

// The arguments of each method, separated by spaces: `name:kind`, or `name=word/word` for one of these words.
// Kinds: n number, b boolean, k key, l length, c count, u URL, i id.
struct Row {
  std::string_view method, arguments;
};
constexpr Row kRows[] = {
    {"Browser.cancelDownload", "browserContextId:i"},
    {"Browser.close", ""},
    {"Browser.crash", ""},
    {"Browser.grantPermissions", "permissions:c browserContextId:i"},
    {"Browser.resetPermissions", "browserContextId:i"},
    {"Browser.setContentsSize", "windowId:n width:n height:n"},
    {"Browser.setDownloadBehavior",
     "behavior=deny/allow/allowAndName/default eventsEnabled:b browserContextId:i"},
    {"Browser.setPermission", "setting=granted/denied/prompt browserContextId:i"},
    {"Browser.setWindowBounds",
     "windowId:n bounds.left:n bounds.top:n bounds.width:n bounds.height:n "
     "bounds.windowState=normal/minimized/maximized/fullscreen"},
    {"DOM.focus", "nodeId:n backendNodeId:n"},
    {"DOM.removeNode", "nodeId:n"},
    {"DOM.scrollIntoViewIfNeeded", "nodeId:n backendNodeId:n rect.x:n rect.y:n rect.width:n rect.height:n"},
    {"DOM.setAttributeValue", "nodeId:n value:l"},
    {"DOM.setFileInputFiles", "files:c nodeId:n backendNodeId:n"},
    {"DOM.setNodeValue", "nodeId:n value:l"},
    {"DOM.setOuterHTML", "nodeId:n outerHTML:l"},
    {"Emulation.clearDeviceMetricsOverride", ""},
    {"Emulation.clearGeolocationOverride", ""},
    {"Emulation.clearIdleOverride", ""},
    {"Emulation.setAutoDarkModeOverride", "enabled:b"},
    {"Emulation.setCPUThrottlingRate", "rate:n"},
    {"Emulation.setDefaultBackgroundColorOverride", ""},
    {"Emulation.setDeviceMetricsOverride",
     "width:n height:n deviceScaleFactor:n mobile:b scale:n screenWidth:n screenHeight:n"},
    {"Emulation.setEmulatedMedia", "media=print/screen features:c"},
    {"Emulation.setEmulatedVisionDeficiency",
     "type=none/blurredVision/reducedContrast/achromatopsia/deuteranopia/protanopia/tritanopia"},
    {"Emulation.setFocusEmulationEnabled", "enabled:b"},
    {"Emulation.setGeolocationOverride", "accuracy:n"},
    {"Emulation.setIdleOverride", "isUserActive:b isScreenUnlocked:b"},
    {"Emulation.setLocaleOverride", "locale:l"},
    {"Emulation.setPageScaleFactor", "pageScaleFactor:n"},
    {"Emulation.setScriptExecutionDisabled", "value:b"},
    {"Emulation.setScrollbarsHidden", "hidden:b"},
    {"Emulation.setTimezoneOverride", "timezoneId:l"},
    {"Emulation.setTouchEmulationEnabled", "enabled:b maxTouchPoints:n"},
    {"Emulation.setUserAgentOverride", "userAgent:l"},
    {"Fetch.continueRequest", "url:u method=GET/HEAD/POST/PUT/PATCH/DELETE/OPTIONS postData:l headers:c"},
    {"Fetch.continueResponse", "responseCode:n responseHeaders:c"},
    {"Fetch.continueWithAuth", "authChallengeResponse.response=Default/CancelAuth/ProvideCredentials"},
    {"Fetch.disable", ""},
    {"Fetch.enable", "patterns:c handleAuthRequests:b"},
    {"Fetch.failRequest",
     "errorReason=Failed/Aborted/TimedOut/AccessDenied/ConnectionClosed/ConnectionReset/ConnectionRefused/"
     "ConnectionAborted/ConnectionFailed/NameNotResolved/InternetDisconnected/AddressUnreachable/"
     "BlockedByClient/BlockedByResponse"},
    {"Fetch.fulfillRequest", "responseCode:n responseHeaders:c body:l"},
    {"Input.cancelDragging", ""},
    {"Input.dispatchDragEvent",
     "type=dragEnter/dragOver/drop/dragCancel x:n y:n modifiers:n data.items:c data.files:c "
     "data.dragOperationsMask:n"},
    {"Input.dispatchKeyEvent",
     "type=keyDown/keyUp/rawKeyDown/char key:k text:l modifiers:n autoRepeat:b isKeypad:b isSystemKey:b"},
    {"Input.dispatchMouseEvent",
     "type=mousePressed/mouseReleased/mouseMoved/mouseWheel x:n y:n "
     "button=none/left/middle/right/back/forward buttons:n clickCount:n deltaX:n deltaY:n modifiers:n "
     "pointerType=mouse/pen"},
    {"Input.dispatchTouchEvent", "type=touchStart/touchEnd/touchMove/touchCancel touchPoints:c modifiers:n"},
    {"Input.emulateTouchFromMouseEvent",
     "type=mousePressed/mouseReleased/mouseMoved/mouseWheel x:n y:n "
     "button=none/left/middle/right/back/forward clickCount:n deltaX:n deltaY:n modifiers:n"},
    {"Input.imeSetComposition", "text:l selectionStart:n selectionEnd:n replacementStart:n replacementEnd:n"},
    {"Input.insertText", "text:l"},
    {"Input.setIgnoreInputEvents", "ignore:b"},
    {"Input.setInterceptDrags", "enabled:b"},
    {"Input.synthesizePinchGesture",
     "x:n y:n scaleFactor:n relativeSpeed:n gestureSourceType=default/touch/mouse"},
    {"Input.synthesizeScrollGesture",
     "x:n y:n xDistance:n yDistance:n speed:n repeatCount:n gestureSourceType=default/touch/mouse"},
    {"Input.synthesizeTapGesture", "x:n y:n duration:n tapCount:n gestureSourceType=default/touch/mouse"},
    {"Network.clearBrowserCache", ""},
    {"Network.clearBrowserCookies", ""},
    {"Network.deleteCookies", "url:u"},
    {"Network.emulateNetworkConditions", "offline:b latency:n downloadThroughput:n uploadThroughput:n"},
    {"Network.setBlockedURLs", "urls:c"},
    {"Network.setBypassServiceWorker", "bypass:b"},
    {"Network.setCacheDisabled", "cacheDisabled:b"},
    {"Network.setCookie", "url:u secure:b httpOnly:b sameSite=Strict/Lax/None"},
    {"Network.setCookies", "cookies:c"},
    {"Network.setExtraHTTPHeaders", ""},
    {"Network.setUserAgentOverride", "userAgent:l"},
    {"Page.bringToFront", ""},
    {"Page.captureScreenshot",
     "format=jpeg/png/webp quality:n clip.x:n clip.y:n clip.width:n clip.height:n clip.scale:n fromSurface:b "
     "captureBeyondViewport:b"},
    {"Page.captureSnapshot", "format=mhtml"},
    {"Page.close", ""},
    {"Page.crash", ""},
    {"Page.handleJavaScriptDialog", "accept:b promptText:l"},
    {"Page.navigate", "url:u referrer:u frameId:i"},
    {"Page.navigateToHistoryEntry", "entryId:n"},
    {"Page.printToPDF",
     "landscape:b printBackground:b scale:n paperWidth:n paperHeight:n preferCSSPageSize:b "
     "transferMode=ReturnAsBase64/ReturnAsStream"},
    {"Page.reload", "ignoreCache:b"},
    {"Page.resetNavigationHistory", ""},
    {"Page.setBypassCSP", "enabled:b"},
    {"Page.setDocumentContent", "html:l frameId:i"},
    {"Page.setDownloadBehavior", "behavior=deny/allow/default"},
    {"Page.setInterceptFileChooserDialog", "enabled:b"},
    {"Page.setWebLifecycleState", "state=frozen/active"},
    {"Page.startScreencast", "format=jpeg/png quality:n maxWidth:n maxHeight:n everyNthFrame:n"},
    {"Page.stopLoading", ""},
    {"Page.stopScreencast", ""},
    {"Runtime.callFunctionOn",
     "functionDeclaration:l arguments:c executionContextId:n awaitPromise:b returnByValue:b userGesture:b"},
    {"Runtime.evaluate", "expression:l contextId:n awaitPromise:b returnByValue:b userGesture:b"},
    {"Runtime.terminateExecution", ""},
    {"Storage.clearCookies", "browserContextId:i"},
    {"Storage.clearDataForOrigin", "origin:u"},
    {"Storage.setCookies", "cookies:c browserContextId:i"},
    {"Target.activateTarget", "targetId:i"},
    {"Target.closeTarget", "targetId:i"},
    {"Target.createBrowserContext", "disposeOnDetach:b"},
    {"Target.createTarget",
     "url:u left:n top:n width:n height:n newWindow:b background:b browserContextId:i"},
    {"Target.disposeBrowserContext", "browserContextId:i"},
};

constexpr std::string_view kNamedKeys[] = {
    "Alt",     "AltGraph",   "ArrowDown", "ArrowLeft", "ArrowRight",  "ArrowUp", "Backspace",
    "Cancel",  "CapsLock",   "Clear",     "Compose",   "ContextMenu", "Control", "Convert",
    "Dead",    "Delete",     "End",       "Enter",     "Escape",      "Execute", "F1",
    "F10",     "F11",        "F12",       "F13",       "F14",         "F15",     "F16",
    "F17",     "F18",        "F19",       "F2",        "F20",         "F21",     "F22",
    "F23",     "F24",        "F3",        "F4",        "F5",          "F6",      "F7",
    "F8",      "F9",         "Fn",        "Help",      "Home",        "Hyper",   "Insert",
    "Meta",    "NonConvert", "NumLock",   "PageDown",  "PageUp",      "Pause",   "PrintScreen",
    "Process", "ScrollLock", "Select",    "Shift",     "Super",       "Tab",     "Unidentified",
};
constexpr std::string_view kSchemes[] = {
    "about", "blob", "chrome", "chrome-extension", "data",        "devtools", "file", "filesystem",
    "ftp",   "http", "https",  "javascript",       "view-source", "ws",       "wss"};

struct Kind {
  char letter;
  Sanitized how;
  std::string_view suffix;
};
constexpr Kind kKinds[] = {{'n', Sanitized::number, ""},      {'b', Sanitized::flag, ""},
                           {'k', Sanitized::key, ""},         {'l', Sanitized::length, "_length"},
                           {'c', Sanitized::count, "_count"}, {'u', Sanitized::scheme, "_scheme"},
                           {'i', Sanitized::id, ""}};

template <class Each>
void for_each_part(std::string_view text, char between, const Each& each) {
  while (!text.empty()) {
    const auto end = std::min(text.find(between), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// `bounds.windowState` becomes `bounds_window_state`, `outerHTML` becomes `outer_html`.
std::string snake_case(std::string_view path) {
  const auto is_upper = [&](std::size_t at) {
    return at < path.size() && path[at] >= 'A' && path[at] <= 'Z';
  };
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const bool begins =
        is_upper(at) && at > 0 && (!is_upper(at - 1) || (at + 1 < path.size() && !is_upper(at + 1)));
    if (begins && out.back() != '_') out += '_';
    out += path[at] == '.' ? '_' : path[at];
  }
  return ascii_lower(out);
}

CdpArgument read_argument(std::string_view text) {
  CdpArgument out;
  const auto end = text.find_first_of(":=");
  out.path = text.substr(0, end);
  out.name = snake_case(out.path);
  const auto rest = text.substr(end + 1);
  if (text[end] == '=') {
    out.how = Sanitized::word;
    for_each_part(rest, '/', [&](std::string_view word) { out.words.push_back(word); });
    return out;
  }
  const auto* const kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                        [&](const Kind& one) { return one.letter == rest[0]; });
  out.how = kind->how;
  out.name += kind->suffix;
  return out;
}

std::vector<CdpMethod> read_rows() {
  std::vector<CdpMethod> out;
  for (const auto& row : kRows) {
    auto& method = out.emplace_back(CdpMethod{row.method, {}});
    for_each_part(row.arguments, ' ',
                  [&](std::string_view argument) { method.arguments.push_back(read_argument(argument)); });
  }
  return out;
}

Error bad(std::size_t at, const std::string& method, const char* why) {
  // What is no text of one line is not repeated.
  const bool shows = method.size() <= 64 &&
                     std::all_of(method.begin(), method.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return {.kind = ErrorKind::invalid,
          .code = "bad_request",
          .message = "telemetry.browser.control.cdp.excluded_methods[" + std::to_string(at) + "]" +
                     (shows ? " (" + method + ")" : std::string()) + " " + why};
}

}  // namespace

std::span<const CdpMethod> cdp_methods() {
  static const auto kMethods = read_rows();
  return kMethods;
}

const CdpMethod* find_cdp_method(std::string_view name) {
  const auto methods = cdp_methods();  // in the order of their names
  const auto found =
      std::lower_bound(methods.begin(), methods.end(), name,
                       [](const CdpMethod& one, std::string_view wanted) { return one.name < wanted; });
  return found != methods.end() && found->name == name ? &*found : nullptr;
}

bool is_named_key(std::string_view key) {
  return std::find(std::begin(kNamedKeys), std::end(kNamedKeys), key) != std::end(kNamedKeys);
}

bool is_known_scheme(std::string_view scheme) {
  return std::find(std::begin(kSchemes), std::end(kSchemes), scheme) != std::end(kSchemes);
}

Result<void> check_excluded_methods(const std::vector<std::string>& methods) {
  std::set<std::string_view> seen;
  for (std::size_t at = 0; at < methods.size(); ++at) {
    if (find_cdp_method(methods[at]) == nullptr)
      return bad(at, methods[at], "is not a method that cdp_command tells of (docs/telemetry.md lists them)");
    if (!seen.insert(methods[at]).second) return bad(at, methods[at], "is there twice");
  }
  return {};
}

std::string cdp_methods_reference() {
  static const std::map<Sanitized, std::string_view> kTypes = {
      {Sanitized::number, "n"}, {Sanitized::flag, "b"},  {Sanitized::word, "s"},   {Sanitized::key, "s"},
      {Sanitized::length, "i"}, {Sanitized::count, "i"}, {Sanitized::scheme, "s"}, {Sanitized::id, "s"}};
  std::string out = "| method | arguments |\n|---|---|\n";
  for (const auto& method : cdp_methods()) {
    out.append("| `").append(method.name).append("` |");
    std::string arguments;
    for (const auto& argument : method.arguments) {
      arguments.append(arguments.empty() ? "" : " ")
          .append(argument.name)
          .append(":")
          .append(kTypes.at(argument.how));
      if (argument.how == Sanitized::key) arguments += " key_length:i";
    }
    out += arguments.empty() ? " |\n" : " `" + arguments + "` |\n";
  }
  return out;
}

}  // namespace wye::wire
