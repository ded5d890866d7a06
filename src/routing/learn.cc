#include "routing/learn.h"

#include <algorithm>

#include "base/encoding.h"
#include "routing/browser_path.h"
#include "routing/url.h"
#include "wire/json_codec.h"

namespace wye::routing {

namespace json = boost::json;

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string trimmed_field(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr || !found->is_string()) return {};
  return std::string(trimmed(std::string_view(found->get_string())));
}

std::string jwt_of_url(std::string_view url) {
  const auto mark = url.find('?');
  if (mark == std::string_view::npos) return {};
  auto query = url.substr(mark + 1);
  query = query.substr(0, query.find('#'));
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    if (pair.starts_with("jwt=")) return std::string(trimmed(percent_decode(pair.substr(4)).value_or("")));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return {};
}

// Returns the normalised base URL, or "" for a text that no request could be sent to.
std::string base_url_of(const json::object& browser) {
  const auto given = trimmed_field(browser, "base_url");
  const auto split = split_url(given);
  if (!split || !split->query.empty() || given.find('#') != std::string::npos) return {};
  auto text = split->origin + split->path;
  while (text.ends_with('/')) text.pop_back();
  return text;
}

void learn_browser(const json::object& browser, std::uint64_t begun, RouteCache& cache) {
  const auto id = trimmed_field(browser, "session_id");
  if (id.empty()) return;
  const auto* deleted = browser.if_contains("deleted_at");
  if (deleted != nullptr && !deleted->is_null()) return cache.forget_session(id);
  const auto name = trimmed_field(browser, "name");
  Route route{.session_id = id, .base_url = base_url_of(browser), .jwt = trimmed_field(browser, "jwt")};
  if (route.jwt.empty()) route.jwt = jwt_of_url(trimmed_field(browser, "cdp_ws_url"));
  if (route.base_url.empty() || route.jwt.empty()) {
    if (!name.empty()) cache.name_moved(name, id);
    return;
  }
  route.expires_at = jwt_expiry(route.jwt);
  cache.learn(std::move(route), name, begun);
}

void learn_array(const json::array& items, std::uint64_t begun, RouteCache& cache) {
  for (const auto& item : items)
    if (const auto* browser = item.if_object()) learn_browser(*browser, begun, cache);
}

}  // namespace

bool is_json_type(std::string_view type) {
  const auto end = type.find(';');
  auto name = ascii_lower(type.substr(0, end));
  while (name.ends_with(' ')) name.pop_back();
  return name == "application/json" || name.ends_with("+json");
}

bool is_learning_path(std::string_view path_below_base) {
  auto path = without_version(path_below_base);
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto is_one_segment = [](std::string_view text) {
    return !text.empty() && text.find('/') == std::string_view::npos && !is_dot_segment(text);
  };
  if (path == "browsers") return true;
  constexpr std::string_view kBrowsers = "browsers/", kPools = "browser_pools/", kAcquire = "/acquire";
  if (path.starts_with(kBrowsers)) return is_one_segment(path.substr(kBrowsers.size()));
  if (!path.starts_with(kPools) || !path.ends_with(kAcquire) ||
      path.size() <= kPools.size() + kAcquire.size())
    return false;
  return is_one_segment(path.substr(kPools.size(), path.size() - kPools.size() - kAcquire.size()));
}

std::int64_t jwt_expiry(std::string_view jwt) {
  const auto first = jwt.find('.');
  const auto second = first == std::string_view::npos ? first : jwt.find('.', first + 1);
  if (second == std::string_view::npos) return 0;
  const auto claims = base64url_decode(jwt.substr(first + 1, second - first - 1));
  if (!claims) return 0;
  const auto parsed = wire::parse_json(*claims);
  const auto* exp = parsed && parsed->is_object() ? parsed->get_object().if_contains("exp") : nullptr;
  if (exp == nullptr) return 0;
  // A time before 1970 becomes 1, since 0 already means "never".
  if (exp->is_int64()) return std::max<std::int64_t>(exp->get_int64(), 1);
  if (exp->is_double() && exp->get_double() < 9e15)
    return static_cast<std::int64_t>(std::max(exp->get_double(), 1.0));
  return 0;
}

void learn_from(std::string_view body, std::uint64_t begun, RouteCache& cache) {
  const auto parsed = wire::parse_json(body);
  if (!parsed) return;
  if (const auto* items = parsed->if_array()) return learn_array(*items, begun, cache);
  const auto* object = parsed->if_object();
  if (object == nullptr) return;
  if (object->contains("session_id")) return learn_browser(*object, begun, cache);
  for (const auto& member : *object) {
    if (const auto* browser = member.value().if_object())
      learn_browser(*browser, begun, cache);
    else if (const auto* items = member.value().if_array())
      learn_array(*items, begun, cache);
  }
}

}  // namespace wye::routing
