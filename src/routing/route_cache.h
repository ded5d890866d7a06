#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace wye::routing {

/// The address of a session's VM. The JWT leaves this type only for a request's URL.
struct Route {
  std::string session_id;
  std::string base_url;  ///< Origin normalised, no slash at its end.
  std::string jwt;
  std::int64_t expires_at = 0;  ///< Seconds since the epoch; 0 = does not expire.
};

/// Routes by session id and by name (routing-contract §1). Bounded: the least recently used one goes first.
/// Thread-safe.
class RouteCache {
 public:
  static constexpr std::size_t kDefaultCapacity = 10'000;
  static constexpr std::chrono::seconds kNameLife{60};

  /// The clock must outlive the cache.
  explicit RouteCache(const Clock& clock, std::size_t capacity = kDefaultCapacity)
      : clock_(clock), capacity_(capacity == 0 ? 1 : capacity) {}

  /// Returns a stamp of the moment before a request is sent. The request's answer restores nothing that was
  /// meanwhile forgotten or learned from a later request.
  [[nodiscard]] std::uint64_t begin();
  /// `name` may be empty. `begun` is the stamp that `begin()` gave.
  void learn(Route route, std::string_view name, std::uint64_t begun);
  /// Tells that an answer showed the name on a session without its route: the name no longer leads to another
  /// session.
  void name_moved(std::string_view name, std::string_view to_session);
  /// Finds a live route for a session id or, failing that, a name.
  [[nodiscard]] std::shared_ptr<const Route> find(std::string_view id_or_name);
  /// Forgets the session's route only if it still has this JWT.
  void forget(const Route& route);
  /// Forgets everything about the session, since an answer showed it as deleted.
  void forget_session(std::string_view session_id);
  /// Tells whether a URL's origin and path lie at or below a known route's base_url.
  [[nodiscard]] bool is_below_a_route(std::string_view origin, std::string_view path) const;

  struct Listed {
    std::string session_id, base_url;
    std::optional<std::string> name;  ///< Lower case.
    std::int64_t expires_at = 0;
  };
  /// Returns the most recently used first.
  [[nodiscard]] std::vector<Listed> list() const;

 private:
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class T>
  using Map = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;
  using Order = std::list<std::string>;

  struct Entry {
    std::shared_ptr<const Route> route;  // shared with requests under way
    std::string name;                    // lower case; "" = none, or moved
    std::chrono::steady_clock::time_point name_shown;
    std::uint64_t begun = 0;
    Order::iterator place;
  };
  struct Forgotten {
    std::uint64_t when = 0;
    Order::iterator place;
  };

  void erase(Map<Entry>::iterator at);
  void set_name(Map<Entry>::iterator at, std::string_view name);
  void remember_forgotten(const std::string& jwt);
  [[nodiscard]] Map<Entry>::iterator by_name(std::string_view name);

  const Clock& clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  Map<Entry> routes_;         // by session id
  Order used_;                // session ids, most recently used first
  Map<std::string> names_;    // lower case → session id
  Map<int> base_urls_;        // the number of routes that have it
  Map<Forgotten> forgotten_;  // by JWT, bounded like the routes
  Order forgotten_order_;     // oldest first
  std::uint64_t now_ = 0;
};

}  // namespace wye::routing
