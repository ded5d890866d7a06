#pragma once

#include <vector>

#include "base/random.h"
#include "vm/computer/computer_backend.h"
#include "vm/computer/computer_request.h"
#include "vm/computer/motion.h"
#include "vm/computer/turns.h"

namespace wye::vm {

/// Does the actions of one call, in its turn: what is held is released whichever way an action ends. Lives as
/// long as the call's turn.
class Actions {
 public:
  /// All must outlive it.
  Actions(ComputerBackend& backend, Turns& turns, const Caller& caller, Random& random)
      : backend_(backend), turns_(turns), caller_(caller), random_(random) {}

  /// Checks all coordinates before anything is done.
  net::Task<Result<void>> check(const ComputerAction& action);
  net::Task<Result<void>> run(const ComputerAction& action);

 private:
  net::Task<Result<void>> hold(std::vector<Key> keys);
  net::Task<> release();
  net::Task<Result<void>> press(Key key);
  net::Task<> let_go();
  net::Task<Result<void>> press_button(MouseButton button, int count);
  net::Task<Result<void>> release_button(int count);
  net::Task<Result<void>> follow(std::vector<MotionStep> way);
  net::Task<Result<void>> tap(std::vector<Key> keys);
  net::Task<Result<void>> type_one(char32_t character);
  net::Task<Result<void>> mistype(char32_t wrong);
  net::Task<Result<void>> type_slowly(const TypeAction& action);

  net::Task<Result<void>> run_one(const ClickAction& action);
  net::Task<Result<void>> run_one(const MoveAction& action);
  net::Task<Result<void>> run_one(const DragAction& action);
  net::Task<Result<void>> run_one(const ScrollAction& action);
  net::Task<Result<void>> run_one(const TypeAction& action);
  net::Task<Result<void>> run_one(const PressAction& action);
  net::Task<Result<void>> run_one(const CursorAction& action);
  net::Task<Result<void>> run_one(const SleepAction& action);

  ComputerBackend& backend_;
  Turns& turns_;
  const Caller& caller_;
  Random& random_;
  std::vector<Key> down_;              ///< Keys that this action pressed, in order.
  std::optional<MouseButton> button_;  ///< That this action pressed and will release.
};

}  // namespace wye::vm
