#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace wye::routing {

/// Where a session's VM answers. The JWT never leaves this type but into a request's URL.
struct Route {
  std::string session_id;
  std::string base_url;
  std::string jwt;
  std::int64_t expires_at = 0;  ///< Seconds since the epoch; 0 = not by time.
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// Routes by session id and by name (routing contract §1). Bounded, least recently used out first;
/// thread-safe.
class RouteCache {
 public:
  static constexpr std::size_t kDefaultCapacity = 10'000;
  static constexpr std::chrono::seconds kNameLife{60};

  explicit RouteCache(const Clock& clock, std::size_t capacity = kDefaultCapacity)
      : clock_(clock), capacity_(capacity) {}

  /// The moment before a request is sent; an answer learns nothing that was forgotten after it.
  [[nodiscard]] std::uint64_t begin() const;
  /// `name` may be empty. `begun` as `begin()` gave it.
  void learn(Route route, std::string_view name, std::uint64_t begun);
  /// A live route for a session id or a name.
  [[nodiscard]] std::optional<Route> find(std::string_view id_or_name);
  /// Compare-and-forget: only if the session's route is still this one.
  void forget(const Route& route);
  /// What a deleted browser showed: everything known of the session.
  void forget_session(std::string_view session_id);
  /// Whether the URL lies below a known route's base_url.
  [[nodiscard]] bool is_below_a_route(std::string_view url) const;

  struct Listed {
    std::string session_id, base_url;
    std::vector<std::string> names;
    std::int64_t expires_at = 0;
  };
  [[nodiscard]] std::vector<Listed> list() const;

 private:
  using Order = std::list<std::string>;  // session ids, most recently used first
  struct Entry {
    Route route;
    Order::iterator place;
  };
  struct Name {
    std::string session_id;
    std::chrono::steady_clock::time_point shown;
  };
  using Map = std::unordered_map<std::string, Entry, StringHash, std::equal_to<>>;
  void erase(Map::iterator at);

  const Clock& clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  Map routes_;
  Order order_;
  std::unordered_map<std::string, Name, StringHash, std::equal_to<>> names_;  // lower case
  std::unordered_map<std::string, std::uint64_t> forgotten_;                  // JWT → when
  std::list<std::string> forgotten_order_;
  std::uint64_t now_ = 1;
};

}  // namespace wye::routing
