#include "routing/route_cache.h"

#include "base/encoding.h"

namespace wye::routing {

std::uint64_t RouteCache::begin() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void RouteCache::erase(Map::iterator at) {
  std::erase_if(names_, [&](const auto& name) { return name.second.session_id == at->first; });
  order_.erase(at->second.place);
  routes_.erase(at);
}

void RouteCache::learn(Route route, std::string_view name, std::uint64_t begun) {
  const std::lock_guard lock(mutex_);
  if (const auto forgotten = forgotten_.find(route.jwt); forgotten != forgotten_.end()) {
    if (forgotten->second >= begun) return;
    forgotten_order_.remove(route.jwt);
    forgotten_.erase(forgotten);
  }
  const auto id = route.session_id;
  if (const auto known = routes_.find(id); known != routes_.end()) {
    known->second.route = std::move(route);
    order_.splice(order_.begin(), order_, known->second.place);
  } else {
    order_.push_front(id);
    routes_.emplace(id, Entry{std::move(route), order_.begin()});
    if (routes_.size() > capacity_) erase(routes_.find(order_.back()));
  }
  if (!name.empty()) names_[ascii_lower(name)] = {id, clock_.steady()};
}

std::optional<Route> RouteCache::find(std::string_view id_or_name) {
  const std::lock_guard lock(mutex_);
  auto found = routes_.find(id_or_name);
  if (found == routes_.end()) {
    const auto name = names_.find(ascii_lower(id_or_name));
    if (name == names_.end()) return std::nullopt;
    if (clock_.steady() - name->second.shown > kNameLife) {
      names_.erase(name);
      return std::nullopt;
    }
    found = routes_.find(name->second.session_id);
    if (found == routes_.end()) return std::nullopt;
  }
  const auto& route = found->second.route;
  if (route.expires_at != 0 && clock_.unix_micros() / 1'000'000 >= route.expires_at) {
    erase(found);
    return std::nullopt;
  }
  order_.splice(order_.begin(), order_, found->second.place);
  return route;
}

void RouteCache::forget(const Route& route) {
  const std::lock_guard lock(mutex_);
  const auto found = routes_.find(route.session_id);
  const bool same = found != routes_.end() && found->second.route.jwt == route.jwt;
  // Remembered even when it is known no more: an answer that is still on its way must not bring it back.
  if (forgotten_.emplace(route.jwt, now_).second)
    forgotten_order_.push_back(route.jwt);
  else
    forgotten_[route.jwt] = now_;
  ++now_;
  if (forgotten_order_.size() > capacity_) {
    forgotten_.erase(forgotten_order_.front());
    forgotten_order_.pop_front();
  }
  if (same) erase(found);
}

void RouteCache::forget_session(std::string_view session_id) {
  std::optional<Route> known;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = routes_.find(session_id); found != routes_.end()) known = found->second.route;
  }
  if (known) forget(*known);
}

bool RouteCache::is_below_a_route(std::string_view url) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : routes_) {
    const std::string_view base = entry.route.base_url;
    if (url.starts_with(base) &&
        (url.size() == base.size() || url[base.size()] == '/' || url[base.size()] == '?'))
      return true;
  }
  return false;
}

std::vector<RouteCache::Listed> RouteCache::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Listed> out;
  for (const auto& id : order_) {
    const auto& route = routes_.find(id)->second.route;
    Listed listed{route.session_id, route.base_url, {}, route.expires_at};
    for (const auto& [name, target] : names_)
      if (target.session_id == id) listed.names.push_back(name);
    out.push_back(std::move(listed));
  }
  return out;
}

}  // namespace wye::routing
