#pragma once

#include "base/byte_budget.h"
#include "net/exchange.h"
#include "vm/command/commands.h"

namespace wye::vm {

/// Serves `POST process/exec` (wire-api §6): runs a command to its end and answers with all that it wrote. A
/// client that goes away ends it.
class Exec {
 public:
  /// What the output of all commands may take at once.
  static constexpr std::size_t kMostOutput = 256u << 20;

  Exec(boost::asio::io_context& io, Commands& commands) : io_(io), commands_(commands) {}
  net::Task<> serve(net::Exchange& exchange);

 private:
  net::Task<> run(net::Exchange& exchange);

  boost::asio::io_context& io_;
  Commands& commands_;
  std::shared_ptr<ByteBudget> output_ =
      std::make_shared<ByteBudget>(kMostOutput);  // with calls that still run
};

}  // namespace wye::vm
