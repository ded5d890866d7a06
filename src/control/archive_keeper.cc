#include "control/archive_keeper.h"

#include <algorithm>

#include "base/try.h"

namespace wye::control {

using std::chrono::milliseconds;

void ArchiveKeeper::start() {
  jobs_.put("keep", [this]() -> std::optional<milliseconds> { return step(); });
}

milliseconds ArchiveKeeper::step() {
  const auto next = try_step();
  if (next) return *next;
  // Nothing can be removed on a full disk either: SQLite writes its log first.
  log_.warn("the archive cannot be trimmed now", {{"reason", next.error().message}});
  return kLookAgain;
}

Result<milliseconds> ArchiveKeeper::try_step() {
  WYE_TRY(const bool mine, lease_.held());
  if (!mine) return kLookAgain;
  WYE_TRY(const auto removed, store_.remove_expired(kStepBytes));
  if (removed) {
    removed_.add(static_cast<std::uint64_t>(*removed));
    return kPause;
  }
  WYE_TRY(const auto size, store_.archive_size());
  bytes_ = size.bytes;
  sessions_ = size.sessions;
  WYE_TRY(const auto oldest, store_.oldest_ended_archive());
  const bool is_too_much = limits_.max_bytes > 0 && size.bytes > limits_.max_bytes;
  if (!is_too_much) room_.lift_share();
  const bool is_nearly = limits_.max_bytes > 0 && size.bytes > limits_.max_bytes / 8 * 7;
  const auto rest = is_nearly ? kLookSoon : kLookAgain;
  if (!oldest && is_too_much) hold_to_shares(size);
  if (!oldest) return rest;
  const auto keep = std::chrono::duration_cast<std::chrono::microseconds>(limits_.keep).count();
  const bool is_old = oldest->ended_at <= clock_.unix_micros() - keep;
  if (!is_old && !is_too_much) return rest;
  WYE_CHECK(store_.expire_archive(oldest->session));
  (is_old ? by_age_ : by_size_).add();
  log_.info("archive expired", {{"session", oldest->session},
                                {"why", is_old ? "age" : "size"},
                                {"events", oldest->events},
                                {"bytes", oldest->bytes}});
  return kPause;
}

void ArchiveKeeper::hold_to_shares(const ArchiveSize& size) {
  const auto share = limits_.max_bytes / std::max<std::int64_t>(1, size.living);
  if (share < room_.bytes())
    log_.warn("living browsers fill the archive; each is held to a share of it",
              {{"bytes", size.bytes}, {"browsers", size.living}, {"share", share}});
  room_.set_share(share);
}

ArchiveKeeper::Totals ArchiveKeeper::totals() const {
  return {.bytes = bytes_,
          .sessions = sessions_,
          .expired_by_age = by_age_.value(),
          .expired_by_size = by_size_.value(),
          .events_removed = removed_.value()};
}

}  // namespace wye::control
