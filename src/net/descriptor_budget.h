#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace wye::net {

/// Bounds the descriptors of this process's connections, over all listeners, so that the rest (the store, VMs
/// being made) never runs out of them. Clients get three quarters, because their requests need connections to
/// VMs too. Thread-safe.
class DescriptorBudget {
 public:
  explicit DescriptorBudget(std::size_t all) : all_(all), for_clients_(all - all / 4) {}

  /// A descriptor's place in the budget; its destructor gives the place back.
  class Place {
   public:
    Place() = default;
    explicit Place(DescriptorBudget* budget) : budget_(budget) {}
    Place(Place&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(budget_, other.budget_);
      return *this;
    }
    ~Place() {
      if (budget_ != nullptr) budget_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }

   private:
    DescriptorBudget* budget_ = nullptr;
  };

  /// Takes a place; false when there is none left.
  [[nodiscard]] bool take_for_client(Place& place) { return take(for_clients_, place); }
  [[nodiscard]] bool take_for_vm(Place& place) { return take(all_, place); }
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t for_clients() const { return for_clients_; }

 private:
  bool take(std::size_t limit, Place& place) {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < limit) {
      place = Place(this);
      return true;
    }
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  const std::size_t all_, for_clients_;
  std::atomic<std::size_t> taken_ = 0;
};

}  // namespace wye::net
