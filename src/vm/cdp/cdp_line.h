#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "vm/cdp/cdp_dial.h"
#include "vm/cdp/command_tap.h"
#include "vm/chromium/browser.h"
#include "wire/devtools_line.h"

namespace wye::vm {

/// A client's WebSocket to DevTools, as the agent knows it: the gateway relays it by the socket that it was
/// handed, and both talk over a line (wire/devtools_line.h). One io_context.
class CdpLine {
 public:
  /// `id` is the connection's name in telemetry.
  CdpLine(Browser& browser, boost::asio::io_context& io, CdpDialRequest request, CdpUpstream upstream,
          std::unique_ptr<net::ByteStream> gateway, CommandEvents& commands, std::string id);

  /// Sends the 101 with the socket, and asks for copies of the client's messages if they are wanted; false
  /// when the gateway does not take it.
  [[nodiscard]] bool open();
  /// Runs until the WebSocket has ended.
  net::Task<> run();

  /// Ends the WebSocket with that close code, on behalf of the session.
  void end(int code, std::string reason);
  /// That Chromium is gone. A client that does not read the rest is waited for a limited time.
  void on_end_of(std::uint64_t generation);
  /// Asks the relay for copies of the client's messages, or for no more, as telemetry wants.
  void update_commands();

  [[nodiscard]] const std::string& id() const { return id_; }
  /// The values for `cdp_disconnect`.
  [[nodiscard]] std::int64_t messages() const { return messages_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::optional<CommandTap::Counts> commands() const { return tap_.counts(); }

 private:
  net::Task<> answer(wire::LineToAgent said);
  net::Task<> say_cause(bool may_move, bool at_boundary);
  net::Task<bool> move();
  void tell(const wire::LineToGateway& message);
  void tell_cause(std::uint16_t code, std::string reason);

  Browser& browser_;
  boost::asio::io_context& io_;
  const CdpDialRequest request_;
  CdpUpstream upstream_;  // its socket only until it is handed over
  const std::unique_ptr<net::ByteStream> gateway_;
  CommandEvents& commands_;
  const std::string id_;
  CommandTap tap_;
  wire::LineReader reader_;
  bool over_ = false;
  bool ends_ = false;                      // `end` was called
  std::string reason_ = "upstream_error";  // of a gateway that leaves without a word
  std::int64_t messages_ = 0, lost_copies_ = 0;
};

}  // namespace wye::vm
