#include "control/browsers/browser_rules.h"

#include <boost/json/serialize.hpp>

#include "base/random.h"
#include "base/try.h"
#include "control/browsers/unserved_fields.h"
#include "wire/describe.h"

namespace wye::control {

namespace json = boost::json;

namespace {

constexpr std::int64_t kMinTimeout = 10, kMaxTimeout = 259'200, kDefaultTimeout = 60;
constexpr std::size_t kMaxTags = 50, kMaxTagKey = 128, kMaxTagValue = 256;
constexpr std::size_t kMaxStartUrl = 2048, kMaxPolicy = 5u << 20, kMaxPrivateHosts = 32;
constexpr std::int64_t kMaxSide = 16'384, kLeastWidth = 320, kLeastHeight = 240;

Error bad(std::string message, std::string code = "bad_request") {
  return {.kind = ErrorKind::invalid, .code = std::move(code), .message = std::move(message)};
}
Error unavailable(const std::string& field, const std::string& why) {
  return {.kind = ErrorKind::unsupported,
          .code = "feature_unavailable",
          .message = field + ": " + why,
          .status = 403};
}

// Official clients learn a route from any object with both fields, so none may be stored and echoed (wire-api
// §1).
bool holds_a_route(const json::value& value) {
  if (const auto* object = value.if_object()) {
    if (object->contains("session_id") && object->contains("base_url")) return true;
    for (const auto& field : *object)
      if (holds_a_route(field.value())) return true;
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array)
      if (holds_a_route(item)) return true;
  }
  return false;
}

const json::value* set_field(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Result<void> check_proxy(const json::object& body) {
  const auto* proxy = set_field(body, "proxy");
  if (const auto* id = set_field(body, "proxy_id"); id != nullptr) {
    if (proxy != nullptr) return bad("proxy and proxy_id exclude each other");
    if (!id->is_string()) return bad("proxy_id must be a string");
    if (!id->get_string().empty()) return unavailable("proxy_id", "proxies are not available here");
  }
  if (proxy == nullptr) return {};
  const auto* object = proxy->if_object();
  if (object == nullptr || object->size() != 1)
    return bad("proxy must be an object with exactly one of mode, id, name");
  const auto* mode = object->if_contains("mode");
  if (mode != nullptr && (*mode == "direct" || *mode == "default")) return {};
  if (mode != nullptr) return bad("proxy.mode must be direct or default");
  return unavailable("proxy", "named proxies are not available here");
}

// Refuses, by name, fields of the contract that this deployment does not offer; they are never dropped in
// silence.
Result<void> check_unavailable(const json::object& body) {
  if (set_field(body, "profile") != nullptr) return unavailable("profile", "profiles are not available here");
  if (const auto* extensions = set_field(body, "extensions"); extensions != nullptr) {
    if (!extensions->is_array()) return bad("extensions must be an array");
    if (!extensions->get_array().empty())
      return unavailable("extensions", "extensions are not available here");
  }
  return check_proxy(body);
}

// Checks a Viewport or a ViewportUpdate. An absent refresh rate becomes the one that the original gives a
// display of that size.
template <class Size>
Result<void> check_viewport(std::optional<Size>& viewport) {
  if (!viewport) return {};
  if (viewport->width < 1 || viewport->width > kMaxSide) return bad("viewport.width must be from 1 to 16384");
  if (viewport->height < 1 || viewport->height > kMaxSide)
    return bad("viewport.height must be from 1 to 16384");
  if (viewport->refresh_rate && *viewport->refresh_rate < 1)
    return bad("viewport.refresh_rate must be at least 1");
  const auto pixels = viewport->width * viewport->height;
  if (!viewport->refresh_rate)
    viewport->refresh_rate = pixels <= 1280 * 800 ? 60 : pixels <= 1920 * 1200 ? 25 : 10;
  return {};
}

Result<void> check_network(const std::optional<NetworkPolicy>& network) {
  if (!network || !network->private_hosts) return {};
  if (network->private_hosts->size() > kMaxPrivateHosts)
    return bad("network.private_hosts holds at most 32 entries");
  for (const auto& host : *network->private_hosts)
    if (host.empty() || host.size() > 255 || host.find("://") != std::string::npos)
      return bad("network.private_hosts: \"" + host.substr(0, 64) + "\" is no host, address or range");
  return {};
}

Result<json::object> read_object(std::string_view body) {
  WYE_TRY(auto parsed, wire::parse_json(body.empty() ? "{}" : body));
  if (!parsed.is_object()) return wire::wrong_type("", "an object", parsed);
  if (holds_a_route(parsed)) return bad("no object in the body may hold both session_id and base_url");
  return std::move(parsed.get_object());
}

// Checks the required members of optional objects: the codec fills absent ones with defaults.
Result<void> check_viewport_members(const json::object& body) {
  const auto* viewport = set_field(body, "viewport");
  if (viewport == nullptr || !viewport->is_object()) return {};
  if (!viewport->get_object().contains("width") || !viewport->get_object().contains("height"))
    return bad("viewport needs width and height");
  return {};
}

Result<void> check_switches(const BrowserCreate& create) {
  if (create.headless == false)
    return unavailable("headless",
                       "this server runs headless browsers only; leave the field out or set it to true");
  if (create.gpu == true) return unavailable("gpu", "this server has no GPU");
  if (create.kiosk_mode == true)
    return unavailable("kiosk_mode", "it needs a display, which this server's headless browsers do not have");
  if (create.memory) {
    if (*create.memory == "16GiB") return bad("memory: 16GiB is not available", "unsupported_value");
    if (*create.memory != "8GiB") return bad("memory must be 8GiB or 16GiB");
    return unavailable("memory", "it applies to headful browsers only");
  }
  return {};
}

}  // namespace

Result<void> check_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (name.empty() || name.size() > 255 || !std::all_of(name.begin(), name.end(), plain))
    return bad("name must be 1–255 letters, digits, '.', '_' or '-'");
  if (name == "." || name == "..") return bad("name must not be . or ..");
  if (is_id(name)) return bad("name must not have the shape of an id");
  return {};
}

Result<void> check_tags(const std::map<std::string, std::string>& tags) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" _.:/=+@-").find(c) != std::string_view::npos;
  };
  if (tags.size() > kMaxTags) return bad("at most 50 tags");
  for (const auto& [key, value] : tags) {
    if (key.empty() || key.size() > kMaxTagKey || !std::all_of(key.begin(), key.end(), allowed))
      return bad("tags: a key is 1–128 of letters, digits, space and _.:/=+@-");
    if (value.size() > kMaxTagValue || !std::all_of(value.begin(), value.end(), allowed))
      return bad("tags: a value is 0–256 of letters, digits, space and _.:/=+@-");
  }
  return {};
}

Result<BrowserCreate> read_create(std::string_view body) {
  WYE_TRY(const auto object, read_object(body));
  BrowserCreate create;
  WYE_CHECK(wire::from_json(json::value(object), create));
  WYE_CHECK(check_viewport_members(object));
  WYE_CHECK(check_switches(create));
  WYE_CHECK(check_unavailable(object));
  WYE_CHECK(check_served_on_create(object));
  if (create.name) WYE_CHECK(check_name(*create.name));
  if (create.tags) WYE_CHECK(check_tags(*create.tags));
  if (create.timeout_seconds &&
      (*create.timeout_seconds < kMinTimeout || *create.timeout_seconds > kMaxTimeout))
    return bad("timeout_seconds must be from 10 to 259200");
  if (!create.viewport) create.viewport = Viewport{1920, 1080, std::nullopt};
  WYE_CHECK(check_viewport(create.viewport));
  if (create.start_url && create.start_url->size() > kMaxStartUrl)
    return bad("start_url holds at most 2048 characters");
  if (create.chrome_policy && json::serialize(*create.chrome_policy).size() > kMaxPolicy)
    return bad("chrome_policy holds at most 5 MiB");
  if (create.chrome_policy && !create.chrome_policy->empty())
    return unavailable("chrome_policy", "policies are not available here");
  WYE_CHECK(check_network(create.network));
  if (create.region && *create.region != "us-east")
    return bad("region: this server is us-east", "unsupported_value");
  create.headless = true;
  create.stealth = create.stealth.value_or(false);
  create.timeout_seconds = create.timeout_seconds.value_or(kDefaultTimeout);
  create.region = "us-east";
  create.invocation_id.reset();
  return create;
}

Result<BrowserUpdate> read_update(std::string_view body) {
  WYE_TRY(const auto object, read_object(body));
  BrowserUpdate update;
  WYE_CHECK(wire::from_json(json::value(object), update));
  WYE_CHECK(check_viewport_members(object));
  WYE_CHECK(check_unavailable(object));
  WYE_CHECK(check_served_on_update(object));
  if (set_field(object, "disable_default_proxy") != nullptr && set_field(object, "proxy") != nullptr)
    return bad("disable_default_proxy and proxy exclude each other");
  if (update.name && !update.name->empty()) WYE_CHECK(check_name(*update.name));
  if (update.tags) WYE_CHECK(check_tags(*update.tags));
  WYE_CHECK(check_viewport(update.viewport));
  // Chromium's windows have a least size, and a display that small helps nobody (vm-api §17).
  if (update.viewport && (update.viewport->width < kLeastWidth || update.viewport->height < kLeastHeight))
    return bad("viewport of a running browser must be at least 320 by 240");
  return update;
}

}  // namespace wye::control
