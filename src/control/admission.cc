#include "control/admission.h"

namespace wye::control {

Result<void> Admission::check_locked() {
  if (closed_)
    return Error{.kind = ErrorKind::overloaded,
                 .code = "server_stopping",
                 .message = "this server is stopping and ends its browsers"};
  if (here_.size() < most_) return {};
  refused_.add();
  return Error{.kind = ErrorKind::overloaded,
               .code = "concurrency_limit",
               .message = "this server runs its most browsers; delete one first"};
}

Result<void> Admission::check() {
  const std::lock_guard lock(mutex_);
  return check_locked();
}

Result<void> Admission::enter(const std::string& id) {
  const std::lock_guard lock(mutex_);
  auto room = check_locked();
  if (!room) return room;
  here_.insert(id);
  being_made_.insert(id);
  return {};
}

void Admission::take_over(const std::string& id) {
  const std::lock_guard lock(mutex_);
  here_.insert(id);
}

void Admission::made(const std::string& id) {
  const std::lock_guard lock(mutex_);
  being_made_.erase(id);
  ++changes_;
  changed_.notify_all();
}

void Admission::leave(const std::string& id) {
  const std::lock_guard lock(mutex_);
  here_.erase(id);
  being_made_.erase(id);
  ++changes_;
  changed_.notify_all();
}

void Admission::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

std::size_t Admission::count() const {
  const std::lock_guard lock(mutex_);
  return here_.size();
}

std::size_t Admission::being_made() const {
  const std::lock_guard lock(mutex_);
  return being_made_.size();
}

Admission::Census Admission::census() const {
  const std::lock_guard lock(mutex_);
  return {here_, changes_};
}

bool Admission::wait_for_change(const Census& since, std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const bool changed =
      changed_.wait_until(lock, deadline, [&] { return given_up_ || changes_ != since.changes; });
  return changed && !given_up_;
}

void Admission::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

}  // namespace wye::control
