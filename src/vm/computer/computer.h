#pragma once

#include "base/random.h"
#include "vm/computer/computer_backend.h"
#include "vm/computer/computer_request.h"
#include "vm/computer/turns.h"

namespace wye::vm {

/// The calls about mouse, keyboard, screen and clipboard (vm-api §11). Calls take turns in the order in which
/// their bodies were read; pictures take none. A call whose client goes away ends at its next step, and
/// releases what it holds. One io_context.
class Computer {
 public:
  static constexpr std::size_t kMostWaiting = 32;
  static constexpr std::chrono::seconds kLongestWait{120};

  using Read = Result<ComputerAction> (*)(std::string_view body);
  using Answer = net::Task<Result<net::Response>>;

  /// `backend` must outlive it.
  Computer(boost::asio::io_context& io, ComputerBackend& backend)
      : backend_(backend), turns_(io, kMostWaiting, kLongestWait) {}

  Answer act(net::Exchange& exchange, Read read);
  Answer set_cursor(net::Exchange& exchange);
  Answer batch(net::Exchange& exchange);
  Answer mouse_position(net::Exchange& exchange);
  Answer screenshot(net::Exchange& exchange);
  Answer read_clipboard(net::Exchange& exchange);
  Answer write_clipboard(net::Exchange& exchange);

 private:
  net::Task<Result<std::string>> body_of(net::Exchange& exchange);
  /// Does all of them in one turn; the answer to a failure, or `done`.
  Answer run(net::Exchange& exchange, std::vector<ComputerAction> actions, bool is_batch, net::Response done);

  ComputerBackend& backend_;
  SystemRandom random_;
  Turns turns_;
};

}  // namespace wye::vm
