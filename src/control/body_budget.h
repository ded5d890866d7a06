#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "net/exchange.h"

namespace wye::control {

/// How many bytes of requests' bodies are held at once, all requests together: each may be large, and their
/// senders slow. Counted as they come, so that who only announces a large body takes nothing away. One
/// io_context.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t all) : all_(all) {}
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  /// What one request holds, given back when it is dropped.
  class Held {
   public:
    explicit Held(BodyBudget& budget) : budget_(&budget) {}
    Held(Held&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Held& operator=(Held&&) = delete;
    ~Held() { budget_->held_ -= bytes_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

   private:
    friend class BodyBudget;
    BodyBudget* budget_;
    std::size_t bytes_ = 0;
  };

  /// The whole body, as `Exchange::read_body` does it; 503 when there is no room for it.
  net::Task<Result<std::string>> read(net::Exchange& exchange, std::size_t limit, Held& held);
  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }

 private:
  const std::size_t all_;
  std::size_t held_ = 0, refused_ = 0;
};

}  // namespace wye::control
