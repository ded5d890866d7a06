#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/byte_budget.h"
#include "control/api/turns.h"

namespace wye::control {

/// Calls that make something for their client. When the client goes away before the answer, what was made is
/// undone: official clients send the request again (wire-api §1). One io_context.
class UndoableCalls {
 public:
  /// What was made, and how it is undone; both calls block, on a worker.
  struct Made {
    net::Response response;
    std::function<void()> undo;
  };
  using Make = std::function<Result<Made>()>;

  /// `turns` must outlive it.
  UndoableCalls(Turns& turns, TurnKind kind) : turns_(turns), kind_(kind) {}

  /// Makes it at its turn. Returns the answer, or nothing when the client went away. `held` is what the
  /// request holds until then.
  net::Task<std::optional<Result<net::Response>>> run(net::Exchange& exchange, std::string key,
                                                      ByteBudget::Held held, Make make);
  [[nodiscard]] std::uint64_t undone() const { return undone_; }

 private:
  struct Call;
  net::Task<> finish(std::shared_ptr<Call> call, ByteBudget::Held held, TurnQueue::Turn turn);

  Turns& turns_;
  const TurnKind kind_;
  std::uint64_t undone_ = 0;
};

}  // namespace wye::control
