#include "routing/learn.h"

#include <algorithm>

#include "base/encoding.h"
#include "wire/json_codec.h"

namespace wye::routing {

namespace json = boost::json;

namespace {

std::string trimmed(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr || !found->is_string()) return {};
  std::string_view text(found->get_string());
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

std::string jwt_of_url(std::string_view url) {
  const auto mark = url.find('?');
  if (mark == std::string_view::npos) return {};
  auto query = url.substr(mark + 1);
  query = query.substr(0, query.find('#'));
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    if (pair.starts_with("jwt=")) return percent_decode(pair.substr(4)).value_or("");
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return {};
}

void learn_browser(const json::object& browser, std::uint64_t begun, RouteCache& cache) {
  const auto id = trimmed(browser, "session_id");
  if (id.empty()) return;
  const auto* deleted = browser.if_contains("deleted_at");
  if (deleted != nullptr && !deleted->is_null()) return cache.forget_session(id);
  Route route{.session_id = id, .base_url = trimmed(browser, "base_url"), .jwt = trimmed(browser, "jwt")};
  if (route.jwt.empty()) route.jwt = jwt_of_url(trimmed(browser, "cdp_ws_url"));
  while (route.base_url.ends_with('/')) route.base_url.pop_back();
  if (route.base_url.empty() || route.jwt.empty()) return;
  route.expires_at = jwt_expiry(route.jwt);
  cache.learn(std::move(route), trimmed(browser, "name"), begun);
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

bool is_learning_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.size() >= 2 && path[0] == 'v' && path[1] >= '0' && path[1] <= '9') {
    const auto slash = path.find('/');
    if (slash != std::string_view::npos &&
        path.substr(1, slash - 1).find_first_not_of("0123456789") == std::string_view::npos)
      path.remove_prefix(slash + 1);
  }
  if (path == "browsers") return true;
  const auto plain_segment = [](std::string_view text) {
    return !text.empty() && text.find('/') == std::string_view::npos;
  };
  if (path.starts_with("browsers/")) return plain_segment(path.substr(9));
  constexpr std::string_view kPools = "browser_pools/", kAcquire = "/acquire";
  return path.starts_with(kPools) && path.ends_with(kAcquire) &&
         path.size() > kPools.size() + kAcquire.size() &&
         plain_segment(path.substr(kPools.size(), path.size() - kPools.size() - kAcquire.size()));
}

std::int64_t jwt_expiry(std::string_view jwt) {
  const auto first = jwt.find('.');
  const auto second = first == std::string_view::npos ? first : jwt.find('.', first + 1);
  if (second == std::string_view::npos) return 0;
  const auto claims = base64url_decode(jwt.substr(first + 1, second - first - 1));
  if (!claims) return 0;
  const auto parsed = wire::parse_json(*claims);
  const auto* exp = parsed && parsed->is_object() ? parsed->get_object().if_contains("exp") : nullptr;
  if (exp != nullptr && exp->is_int64() && exp->get_int64() > 0) return exp->get_int64();
  if (exp != nullptr && exp->is_double() && exp->get_double() > 0 && exp->get_double() < 9e15)
    return static_cast<std::int64_t>(exp->get_double());
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
