#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace wye {

/// How many bytes may be held at once for something of which there are many. Thread-safe; must outlive what
/// is held of it.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t all) : all_(all) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  /// What one holder has taken, given back when it is dropped.
  class Held {
   public:
    explicit Held(ByteBudget& budget) : budget_(&budget) {}
    Held(Held&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Held& operator=(Held&&) = delete;
    ~Held() { budget_->held_.fetch_sub(bytes_, std::memory_order_relaxed); }

    /// False when there is no room for that many more; then nothing is taken.
    [[nodiscard]] bool add(std::size_t bytes) {
      if (budget_->held_.fetch_add(bytes, std::memory_order_relaxed) + bytes > budget_->all_) {
        budget_->held_.fetch_sub(bytes, std::memory_order_relaxed);
        refuse();
        return false;
      }
      bytes_ += bytes;
      return true;
    }
    /// The machine had no room for what the budget has allowed.
    void refuse() { budget_->refused_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

   private:
    ByteBudget* budget_;
    std::size_t bytes_ = 0;
  };

  [[nodiscard]] std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  /// How often there was no room.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::size_t all_;
  std::atomic<std::size_t> held_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace wye
