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

/// A browser's request through Chromium that streams both ways: the one call whose path the SDK itself names.
inline constexpr std::string_view kRawFetch = "curl/raw";

/// Under which addresses a call is reached (vm-api §4). All of them but `agent` reach a VM through the
/// metro's code.
enum class Reach : std::uint8_t {
  anywhere,       ///< `{base_url}/X` and the control plane's `/browsers/{id}/X`.
  base_url,       ///< `{base_url}/X` alone.
  control_plane,  ///< `/browsers/{id}/X` alone.
  own_origin,     ///< `/X` of the metro itself, for sockets and pages.
  agent,          ///< The agent's own path, for this host's server: no client reaches it.
};

/// How long the metro waits for the head of the answer.
enum class Patience : std::uint8_t {
  ordinary,   ///< 50 s
  brief,      ///< 10 s
  heartbeat,  ///< As long as the agent answers pings: exec, playwright, curl, transfers.
};

/// What a call does to the session's idle timer (vm-api §6).
enum class Use : std::uint8_t {
  hold,   ///< The session does not expire during the call.
  touch,  ///< The beginning of the call restarts the timer.
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
  /// Segments without slashes around them: literals, and at most one wildcard: `{}` for any one segment, or
  /// `**` at the end for any rest, even none. The first segment is a literal.
  std::string_view tail;
  std::string_view operation;  ///< The call's name: unique, and the `operation_id` of its event.
  Reach reach = Reach::anywhere;
  /// The entry of the default allow list that sends it to the VM (routing-contract §2); "" = the control
  /// plane.
  std::string_view direct = {};
  Patience patience = Patience::ordinary;
  Use use = Use::hold;
  Told told = Told::nothing;
  bool served = false;   ///< This version's agent serves it. Otherwise 501 `not_implemented`.
  bool repeats = false;  ///< A second sending would do it twice: a lost answer says `x-should-retry: false`
                         ///< (wire-api §1).
  bool falls_back = false;  ///< The fallback registry (routing-contract §4). For GET alone.
  bool archived = false;    ///< The archive has its older pages, and all pages once the browser is gone.
  bool raw =
      false;  ///< The answer and the credentials are the target's: passed on, never sent again (vm-api §5).
  bool sets_telemetry = false;  ///< A successful answer changes the Browser object.
  bool lists_targets = false;   ///< The answer holds WebSocket addresses, which get the session's token.
};

/// Finds rows. Built at compile time from rows that must outlive it; tests build others.
class VmCalls {
 public:
  static constexpr std::size_t kMaxRows = 128;

  constexpr explicit VmCalls(std::span<const VmCall> rows);

  struct Found {
    const VmCall* call = nullptr;   ///< Null: no such tail, or not with this method.
    const VmCall* other = nullptr;  ///< A row of this tail, whatever its method; null: no such tail.
    bool in_registry = false;       ///< A row of this tail is in the fallback registry.
  };
  /// `tail` has no slashes around it; HEAD is found like GET. Allocates nothing.
  [[nodiscard]] Found find(std::string_view method, std::string_view tail) const;
  /// Returns the value of `Allow` for a tail; "" for an unknown one.
  [[nodiscard]] std::string methods_of(std::string_view tail) const;
  /// Returns null for a name that no row has.
  [[nodiscard]] const VmCall* named(std::string_view operation) const;
  [[nodiscard]] constexpr std::span<const VmCall> rows() const { return rows_; }

 private:
  static constexpr std::size_t kSlots = 256, kBuckets = 32, kNone = static_cast<std::size_t>(-1);

  /// The rows of one tail, and the literal bytes before and after its wildcard.
  struct Tail {
    std::uint8_t row = 0, rows = 0, prefix = 0, suffix = 0;
  };
  static constexpr std::size_t slot_of(std::string_view tail);
  static constexpr std::size_t bucket_of(std::string_view tail);
  static constexpr Tail tail_at(std::span<const VmCall> rows, std::size_t at);
  static constexpr bool fits(std::string_view pattern, const Tail& place, std::string_view tail);
  [[nodiscard]] constexpr std::size_t literal_at(std::string_view tail) const;
  [[nodiscard]] constexpr std::size_t wildcard_at(std::string_view tail) const;
  [[nodiscard]] constexpr const Tail* literal(std::string_view tail) const;
  [[nodiscard]] constexpr const Tail* wildcard(std::string_view tail) const;
  constexpr void add_literal(const Tail& place);

  std::span<const VmCall> rows_;
  /// Tails without a wildcard, each in its slot or the next free one after it. A tail that an earlier row
  /// with a wildcard covers is not here.
  std::array<Tail, kSlots> literals_{};
  /// The other tails, in order, by their first two bytes: those of bucket b are wildcards_[begins_[b]] up to
  /// wildcards_[begins_[b + 1]].
  std::array<std::uint8_t, kBuckets + 1> begins_{};
  std::array<Tail, kMaxRows> wildcards_{};
};

/// Returns all calls of the API that are known today (vm-api, wire-api), including those of later versions.
[[nodiscard]] const VmCalls& vm_calls();

/// Returns the tables of docs/vm-calls.md, in Markdown.
[[nodiscard]] std::string vm_calls_reference(const VmCalls& calls = vm_calls());

// Computes a slot by length, ends and middle. Few tails share them; those that do are compared one after
// another.
constexpr std::size_t VmCalls::slot_of(std::string_view tail) {
  const auto byte = [tail](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(tail[at]));
  };
  const auto mixed = byte(tail.size() - 1) | byte(tail.size() / 2) << 8U | byte(0) << 16U |
                     static_cast<std::uint32_t>(tail.size() & 0xff) << 24U;
  return (mixed * 0x9e3779b1U) >> 24U;
}

// Takes a slash as the second byte of a tail of one letter, since `x/**` also matches `x`.
constexpr std::size_t VmCalls::bucket_of(std::string_view tail) {
  const auto second = tail.size() > 1 ? tail[1] : '/';
  return (static_cast<unsigned char>(tail[0]) * 7U + static_cast<unsigned char>(second)) % kBuckets;
}

constexpr VmCalls::Tail VmCalls::tail_at(std::span<const VmCall> rows, std::size_t at) {
  const auto text = rows[at].tail;
  Tail place{.row = static_cast<std::uint8_t>(at), .rows = 1};
  while (at + place.rows < rows.size() && rows[at + place.rows].tail == text) ++place.rows;
  const auto begin = text.find_first_of("{*");
  if (begin == std::string_view::npos) return place;
  const auto end = text.find_first_of("}*", begin + 1) + 1;
  assert(text.find_first_of("{*", end) == std::string_view::npos);
  place.prefix = static_cast<std::uint8_t>(text[begin] == '*' ? begin - 1 : begin);
  place.suffix = static_cast<std::uint8_t>(text.size() - end);
  return place;
}

// Compares the last byte first, in which most tails differ from a pattern.
constexpr bool VmCalls::fits(std::string_view pattern, const Tail& place, std::string_view tail) {
  const auto around = std::size_t{place.prefix} + place.suffix;
  if (tail.size() < around || (place.suffix > 0 && tail.back() != pattern.back()) ||
      !tail.starts_with(pattern.substr(0, place.prefix)))
    return false;
  if (pattern.back() == '*') return tail.size() == around || tail[around] == '/';
  return tail.size() > around && tail.ends_with(pattern.substr(pattern.size() - place.suffix)) &&
         tail.substr(place.prefix, tail.size() - around).find('/') == std::string_view::npos;
}

constexpr std::size_t VmCalls::literal_at(std::string_view tail) const {
  for (auto slot = slot_of(tail); literals_[slot].rows > 0; slot = (slot + 1) % kSlots)
    if (rows_[literals_[slot].row].tail == tail) return slot;
  return kNone;
}

constexpr std::size_t VmCalls::wildcard_at(std::string_view tail) const {
  const auto bucket = bucket_of(tail);
  for (std::size_t at = begins_[bucket]; at < begins_[bucket + 1]; ++at)
    if (fits(rows_[wildcards_[at].row].tail, wildcards_[at], tail)) return at;
  return kNone;
}

constexpr const VmCalls::Tail* VmCalls::literal(std::string_view tail) const {
  const auto at = literal_at(tail);
  return at == kNone ? nullptr : &literals_[at];
}

constexpr const VmCalls::Tail* VmCalls::wildcard(std::string_view tail) const {
  const auto at = wildcard_at(tail);
  return at == kNone ? nullptr : &wildcards_[at];
}

constexpr void VmCalls::add_literal(const Tail& place) {
  const auto text = rows_[place.row].tail;
  // By numbers: under UBSan g++ 12 does not compare addresses at compile time.
  const auto covers = wildcard_at(text);
  if ((covers != kNone && wildcards_[covers].row < place.row) || literal_at(text) != kNone) return;
  auto slot = slot_of(text);
  while (literals_[slot].rows > 0) slot = (slot + 1) % kSlots;
  literals_[slot] = place;
}

constexpr VmCalls::VmCalls(std::span<const VmCall> rows) : rows_(rows) {
  assert(rows.size() <= kMaxRows);
  const auto has_wildcard = [](const VmCall& row) {
    return row.tail.find_first_of("{*") != std::string_view::npos;
  };
  const auto each = [rows](const auto& take) {
    for (std::size_t at = 0; at < rows.size(); at += tail_at(rows, at).rows) take(tail_at(rows, at));
  };
  each([&](const Tail& it) {
    begins_[bucket_of(rows[it.row].tail) + 1] += has_wildcard(rows[it.row]) ? 1 : 0;
  });
  for (std::size_t b = 0; b < kBuckets; ++b)
    begins_[b + 1] = static_cast<std::uint8_t>(begins_[b + 1] + begins_[b]);
  auto next = begins_;
  each([&](const Tail& it) {
    if (has_wildcard(rows[it.row])) wildcards_[next[bucket_of(rows[it.row].tail)]++] = it;
  });
  each([&](const Tail& it) {
    if (!has_wildcard(rows[it.row])) add_literal(it);
  });
}

}  // namespace wye::wire
