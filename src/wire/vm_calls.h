#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The one table of VM calls. A new call is a row here, a handler in the agent and a line that registers it:
// the SDK's routing, the metro, the control plane, the agent and docs/vm-calls.md read the row.
namespace wye::wire {

/// A browser's request through Chromium that streams both ways: the one call that the SDK makes by its place
/// alone.
inline constexpr std::string_view kRawFetch = "curl/raw";

/// Where a call is asked (vm-api §4). All of them but `agent` reach a VM through the metro's code.
enum class Reach : std::uint8_t {
  anywhere,       ///< `{base_url}/X` and the control plane's `/browsers/{id}/X`.
  base_url,       ///< `{base_url}/X` alone.
  control_plane,  ///< `/browsers/{id}/X` alone.
  own_origin,     ///< `/X` of the metro itself, for sockets and pages.
  agent,          ///< At the agent, by this host's server: no client reaches it.
};

/// How long the metro waits for the head of the answer.
enum class Patience : std::uint8_t {
  ordinary,   ///< 50 s
  brief,      ///< 10 s
  heartbeat,  ///< As long as the agent answers a ping: exec, playwright, curl, transfers.
};

/// What a call does to the session's idle timer (vm-api §6).
enum class Use : std::uint8_t {
  hold,   ///< The session does not expire while it lasts.
  touch,  ///< Its begin restarts the timer.
  none
};

/// The event that an answered call becomes (vm-api §8).
enum class Told : std::uint8_t {
  nothing,
  api_call,           ///< Category `control`.
  platform_api_call,  ///< Category `platform`.
};

struct VmCall {
  std::string_view method;  ///< "*": any.
  /// Segments without slashes around them: a literal, `{}` for any one segment, `**` at the end for whatever
  /// follows, nothing included. The first one is a literal.
  std::string_view tail;
  std::string_view operation;  ///< Its name: unique, and the `operation_id` of its event.
  Reach reach = Reach::anywhere;
  /// The entry of the default allow list that sends it to the VM (routing-contract §2); "" = the control
  /// plane.
  std::string_view direct = {};
  Patience patience = Patience::ordinary;
  Use use = Use::hold;
  Told told = Told::nothing;
  bool served = false;   ///< By this version's agent. Otherwise 501 `not_implemented`.
  bool repeats = false;  ///< A second sending would do it twice: a lost answer says `x-should-retry: false`
                         ///< (wire-api §1).
  bool falls_back = false;  ///< The fallback registry (routing-contract §4). For GET alone.
  bool archived = false;    ///< The archive has its older pages, and all of them once the browser is gone.
  bool raw =
      false;  ///< The answer and the credentials are the target's: handed on, never sent again (vm-api §5).
  bool sets_telemetry = false;  ///< The Browser object follows a successful answer.
  bool lists_targets = false;   ///< The answer holds WebSocket addresses, which get the session's token.
};

/// Finds rows. Built at compile time from rows that must outlive it; the tests build others.
class VmCalls {
 public:
  static constexpr std::size_t kMaxRows = 128;

  constexpr explicit VmCalls(std::span<const VmCall> rows);

  struct Found {
    const VmCall* call = nullptr;   ///< Null: no such tail, or not with this method.
    const VmCall* other = nullptr;  ///< A row of this tail, whatever its method; null: no such tail.
    bool in_registry = false;       ///< A row of this tail falls back.
  };
  /// `tail` without slashes around it; HEAD is found as GET is. No allocation.
  [[nodiscard]] Found find(std::string_view method, std::string_view tail) const;
  /// What `Allow` says of a tail; "" for one that is not there.
  [[nodiscard]] std::string methods_of(std::string_view tail) const;
  /// Null for a name that no row has.
  [[nodiscard]] const VmCall* named(std::string_view operation) const;
  [[nodiscard]] constexpr std::span<const VmCall> rows() const { return rows_; }

 private:
  static constexpr std::size_t kBuckets = 32;
  static constexpr std::size_t bucket_of(std::string_view tail);

  std::span<const VmCall> rows_;
  /// A row, and the literal bytes of its tail before the first wildcard and behind the last one.
  struct Place {
    std::uint8_t row = 0, prefix = 0, suffix = 0;
    bool literal = true;
  };
  static constexpr Place place_of(std::size_t at, std::string_view tail);

  // Rows by their first segment: those of bucket b are places_[begins_[b]] up to places_[begins_[b + 1]].
  std::array<std::uint8_t, kBuckets + 1> begins_{};
  std::array<Place, kMaxRows> places_{};
};

/// All calls of the API that are known today (vm-api, wire-api), those of later versions included.
[[nodiscard]] const VmCalls& vm_calls();

/// The tables of docs/vm-calls.md, in Markdown.
[[nodiscard]] std::string vm_calls_reference(const VmCalls& calls = vm_calls());

constexpr std::size_t VmCalls::bucket_of(std::string_view tail) {
  std::size_t size = 0;
  while (size < tail.size() && tail[size] != '/') ++size;
  if (size == 0) return 0;
  return (size + static_cast<unsigned char>(tail[0]) * 7U + static_cast<unsigned char>(tail[size - 1])) %
         kBuckets;
}

constexpr VmCalls::Place VmCalls::place_of(std::size_t at, std::string_view tail) {
  Place place{.row = static_cast<std::uint8_t>(at)};
  const auto first = tail.find_first_of("{*");
  if (first == std::string_view::npos) return place;
  const auto behind = tail.find_last_of("}*") + 1;
  // `x/**` is also `x`.
  const auto prefix = tail[first] == '*' ? first - 1 : first;
  place.prefix = static_cast<std::uint8_t>(prefix);
  place.suffix = static_cast<std::uint8_t>(tail.size() - behind);
  place.literal = false;
  return place;
}

constexpr VmCalls::VmCalls(std::span<const VmCall> rows) : rows_(rows) {
  assert(rows.size() <= kMaxRows);
  for (const auto& row : rows) ++begins_[bucket_of(row.tail) + 1];
  for (std::size_t b = 0; b < kBuckets; ++b)
    begins_[b + 1] = static_cast<std::uint8_t>(begins_[b + 1] + begins_[b]);
  auto next = begins_;
  for (std::size_t at = 0; at < rows.size(); ++at)
    places_[next[bucket_of(rows[at].tail)]++] = place_of(at, rows[at].tail);
}

}  // namespace wye::wire
