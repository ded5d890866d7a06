#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "vm/cdp/cdp_dial.h"
#include "vm/chromium/browser.h"
#include "wire/devtools_line.h"

namespace wye::vm {

/// A client's WebSocket to DevTools, as the agent knows it: the gateway relays it by the socket that it was
/// handed, and both talk over a line (wire/devtools_line.h). One io_context.
class CdpLine {
 public:
  CdpLine(Browser& browser, boost::asio::io_context& io, CdpDialRequest request, CdpUpstream upstream,
          std::unique_ptr<net::ByteStream> gateway);

  /// Sends the 101 with the socket; false when the gateway does not take it.
  [[nodiscard]] bool open();
  /// Runs until the WebSocket has ended.
  net::Task<> run();

  /// Ends the WebSocket with that close code, on behalf of the session.
  void end(int code, std::string reason);
  /// That Chromium is gone. A client that does not read the rest is waited for a limited time.
  void on_end_of(std::uint64_t generation);

  /// The values for `cdp_disconnect`.
  [[nodiscard]] std::int64_t messages() const { return messages_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

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
  wire::LineReader reader_;
  bool over_ = false;
  bool ends_ = false;                      // `end` was called
  std::string reason_ = "upstream_error";  // of a gateway that leaves without a word
  std::int64_t messages_ = 0;
};

}  // namespace wye::vm
