#include "control/store/postgres/pool.h"

#include "base/try.h"

namespace wye::control::postgres {

Pool::Turn::~Turn() {
  if (connection_) pool_->give_back(std::move(connection_), generation_);
}

// Returns an idle connection, or null when the caller may make a new one in the place that it now has.
Result<std::unique_ptr<Connection>> Pool::wait_for_place(bool fresh, std::uint64_t& generation) {
  const auto until = std::chrono::steady_clock::now() + patience_.turn;
  std::unique_lock lock(mutex_);
  freed_.wait_until(lock, until, [this] { return away_ || places_taken_ < most_; });
  if (away_) return *away_;
  if (places_taken_ >= most_) return unavailable("all its connections are busy");
  ++places_taken_;
  generation = generation_;
  if (idle_.empty()) return std::unique_ptr<Connection>();
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  if (fresh) connection.reset();
  return connection;
}

Result<Pool::Turn> Pool::take(bool fresh) {
  std::uint64_t generation = 0;
  WYE_TRY(auto connection, wait_for_place(fresh, generation));
  if (connection && connection->is_quiet()) return Turn(*this, std::move(connection), generation);
  auto opened = open_beside();
  if (!opened) {
    give_back(nullptr, generation);
    trouble_();
    return opened.error();
  }
  return Turn(*this, std::make_unique<Connection>(std::move(*opened)), generation);
}

void Pool::give_back(std::unique_ptr<Connection> connection, std::uint64_t generation) {
  const bool was_lost = connection && connection->lost();
  {
    const std::lock_guard lock(mutex_);
    --places_taken_;
    if (connection && !was_lost && generation == generation_ && !away_)
      idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
  if (was_lost) trouble_();
}

void Pool::set_away(Error why) {
  std::vector<std::unique_ptr<Connection>> closing;  // closed outside the lock
  {
    const std::lock_guard lock(mutex_);
    away_ = std::move(why);
    ++generation_;
    closing.swap(idle_);
  }
  freed_.notify_all();
}

void Pool::set_back() {
  {
    const std::lock_guard lock(mutex_);
    away_.reset();
  }
  freed_.notify_all();
}

bool Pool::is_away() const {
  const std::lock_guard lock(mutex_);
  return away_.has_value();
}

}  // namespace wye::control::postgres
