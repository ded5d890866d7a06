#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace wye {

/// Bounds the bytes that many holders keep at once, such as all request bodies together. Thread-safe; must
/// outlive every `Held`.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t all) : all_(all) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  /// The share of one holder; its destructor gives the bytes back.
  class Held {
   public:
    explicit Held(ByteBudget& budget) : budget_(&budget) {}
    Held(Held&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Held& operator=(Held&&) = delete;
    ~Held() { budget_->held_.fetch_sub(bytes_, std::memory_order_relaxed); }

    /// Takes that many more bytes. Returns false, and takes nothing, when they do not fit.
    [[nodiscard]] bool add(std::size_t bytes) {
      if (budget_->held_.fetch_add(bytes, std::memory_order_relaxed) + bytes > budget_->all_) {
        budget_->held_.fetch_sub(bytes, std::memory_order_relaxed);
        refuse();
        return false;
      }
      bytes_ += bytes;
      return true;
    }
    /// Counts a refusal by the machine (a full disk, say) of bytes that the budget has allowed.
    void refuse() { budget_->refused_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

   private:
    ByteBudget* budget_;
    std::size_t bytes_ = 0;
  };

  [[nodiscard]] std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  /// How often bytes did not fit.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::size_t all_;
  std::atomic<std::size_t> held_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace wye
