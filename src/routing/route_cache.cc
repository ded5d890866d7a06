#include "routing/route_cache.h"

#include "base/encoding.h"

namespace wye::routing {

std::uint64_t RouteCache::begin() {
  const std::lock_guard lock(mutex_);
  return ++now_;
}

void RouteCache::erase(Map<Entry>::iterator at) {
  auto& entry = at->second;
  if (!entry.name.empty()) names_.erase(entry.name);
  if (const auto base = base_urls_.find(entry.route->base_url);
      base != base_urls_.end() && --base->second == 0)
    base_urls_.erase(base);
  used_.erase(entry.place);
  routes_.erase(at);
}

// A session has one name at a time, and a name leads to one session.
void RouteCache::set_name(Map<Entry>::iterator at, std::string_view name) {
  auto& entry = at->second;
  auto lower = ascii_lower(name);
  if (entry.name != lower) {
    if (!entry.name.empty()) names_.erase(entry.name);
    entry.name.clear();
  }
  if (lower.empty()) return;
  auto& owner = names_[lower];
  if (owner != at->first) {
    if (const auto other = routes_.find(owner); other != routes_.end()) other->second.name.clear();
    owner = at->first;
  }
  entry.name = std::move(lower);
  entry.name_shown = clock_.steady();
}

void RouteCache::learn(Route route, std::string_view name, std::uint64_t begun) {
  const std::lock_guard lock(mutex_);
  if (const auto forgotten = forgotten_.find(route.jwt); forgotten != forgotten_.end()) {
    if (forgotten->second.when > begun) return;
    forgotten_order_.erase(forgotten->second.place);
    forgotten_.erase(forgotten);
  }
  auto at = routes_.find(route.session_id);
  if (at != routes_.end() && at->second.begun > begun) return;
  if (at == routes_.end()) {
    used_.push_front(route.session_id);
    at = routes_.emplace(route.session_id, Entry{.place = used_.begin()}).first;
  } else {
    used_.splice(used_.begin(), used_, at->second.place);
    if (--base_urls_[at->second.route->base_url] == 0) base_urls_.erase(at->second.route->base_url);
  }
  ++base_urls_[route.base_url];
  at->second.begun = begun;
  at->second.route = std::make_shared<const Route>(std::move(route));
  set_name(at, name);
  if (routes_.size() > capacity_) erase(routes_.find(used_.back()));
}

void RouteCache::name_moved(std::string_view name, std::string_view to_session) {
  const std::lock_guard lock(mutex_);
  const auto owner = names_.find(ascii_lower(name));
  if (owner == names_.end() || owner->second == to_session) return;
  if (const auto at = routes_.find(owner->second); at != routes_.end()) at->second.name.clear();
  names_.erase(owner);
}

RouteCache::Map<RouteCache::Entry>::iterator RouteCache::by_name(std::string_view name) {
  const auto owner = names_.find(ascii_lower(name));
  if (owner == names_.end()) return routes_.end();
  const auto at = routes_.find(owner->second);
  if (at == routes_.end() || clock_.steady() - at->second.name_shown <= kNameLife) return at;
  at->second.name.clear();
  names_.erase(owner);
  return routes_.end();
}

std::shared_ptr<const Route> RouteCache::find(std::string_view id_or_name) {
  const std::lock_guard lock(mutex_);
  auto found = routes_.find(id_or_name);
  if (found == routes_.end() && !names_.empty()) found = by_name(id_or_name);
  if (found == routes_.end()) return nullptr;
  const auto& route = found->second.route;
  if (route->expires_at != 0 && clock_.unix_micros() / 1'000'000 >= route->expires_at) {
    erase(found);
    return nullptr;
  }
  used_.splice(used_.begin(), used_, found->second.place);
  return route;
}

// Remembers the JWT although the route is gone: an answer that is still under way must not bring it back.
void RouteCache::remember_forgotten(const std::string& jwt) {
  const auto [at, is_new] = forgotten_.try_emplace(jwt);
  at->second.when = ++now_;
  if (is_new)
    at->second.place = forgotten_order_.insert(forgotten_order_.end(), jwt);
  else
    forgotten_order_.splice(forgotten_order_.end(), forgotten_order_, at->second.place);
  if (forgotten_.size() <= capacity_) return;
  forgotten_.erase(forgotten_order_.front());
  forgotten_order_.pop_front();
}

void RouteCache::forget(const Route& route) {
  const std::lock_guard lock(mutex_);
  remember_forgotten(route.jwt);
  const auto found = routes_.find(route.session_id);
  if (found != routes_.end() && found->second.route->jwt == route.jwt) erase(found);
}

void RouteCache::forget_session(std::string_view session_id) {
  const std::lock_guard lock(mutex_);
  const auto found = routes_.find(session_id);
  if (found == routes_.end()) return;
  remember_forgotten(found->second.route->jwt);
  erase(found);
}

bool RouteCache::is_below_a_route(std::string_view origin, std::string_view path) const {
  const std::lock_guard lock(mutex_);
  if (base_urls_.empty()) return false;
  const auto url = std::string(origin) + std::string(path);
  for (auto end = origin.size(); end != std::string::npos && end <= url.size(); end = url.find('/', end + 1))
    if (base_urls_.contains(std::string_view(url).substr(0, end))) return true;
  return base_urls_.contains(url);
}

std::vector<RouteCache::Listed> RouteCache::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Listed> out;
  out.reserve(used_.size());
  for (const auto& id : used_) {
    const auto& entry = routes_.find(id)->second;
    out.push_back(
        {.session_id = id, .base_url = entry.route->base_url, .expires_at = entry.route->expires_at});
    if (!entry.name.empty()) out.back().name = entry.name;
  }
  return out;
}

}  // namespace wye::routing
