#pragma once

#include <functional>
#include <string>

#include "net/lazy_deadline.h"
#include "net/wakeup.h"
#include "net/ws_frames.h"
#include "vm/cdp/cdp_dial.h"
#include "vm/cdp/ending_command.h"

namespace wye::vm {

/// One client's WebSocket and the one to DevTools that it is relayed to, until either is over; then why, and
/// the close frame that says so (vm-api §15). One io_context.
///
/// What the client has sent is kept until Chromium has answered the first byte: should it end before, all of
/// that goes to the next Chromium, and the client does not notice.
class CdpConnection {
 public:
  CdpConnection(boost::asio::io_context& io, Browser& browser, CdpDialRequest request, CdpUpstream upstream,
                std::unique_ptr<net::ByteStream> client);

  /// Hands the 101 on; whether the client was there to take it.
  net::Task<bool> open();
  /// Until both sides have left. `over` is called as soon as it is known why, before the client is told.
  net::Task<> run(std::function<void()> over);

  /// Ends it with that close code: the session does.
  void end(int code, std::string reason);
  /// That Chromium is gone: a client that does not read what it has left is waited for so long and no longer.
  void on_end_of(std::uint64_t generation);

  /// For `cdp_disconnect`.
  [[nodiscard]] std::int64_t messages() const { return from_client_.messages() + from_browser_.messages(); }
  [[nodiscard]] const char* reason() const;

 private:
  enum class Cause { client, session, chromium_ended, target_closed, hung_up, unreachable };
  struct Goodbye {
    std::uint16_t code;
    std::string_view reason;
  };

  net::Task<> up();
  net::Task<> down(const std::function<void()>& over);
  net::Task<bool> goes_on();
  net::Task<bool> move();
  net::Task<> say_goodbye(const std::function<void()>& over);
  [[nodiscard]] Goodbye goodbye() const;
  void on_small_frame(unsigned char first, std::string_view payload);
  void stop_keeping();
  void hang_up();

  boost::asio::io_context& io_;
  Browser& browser_;
  const CdpDialRequest request_;
  CdpUpstream upstream_;
  const std::unique_ptr<net::ByteStream> client_;
  EndingCommand ending_command_;
  net::WsFrameTracker from_client_, from_browser_;

  /// Where the client's bytes go. From `keeping` it may be `moving` and back; nothing leads back from the
  /// others.
  enum class Stage {
    keeping,   ///< To DevTools, and into `kept_` for the next Chromium.
    moving,    ///< Into `kept_` alone: there is no Chromium now.
    relaying,  ///< To DevTools: it has answered, or there was too much to keep.
    over,      ///< Nowhere: what the client still sends is read and dropped.
  };
  Stage stage_ = Stage::keeping;
  std::string kept_;           // what the client has sent, until `relaying`
  bool asked_to_end_ = false;  // it sent a command that ends Chromium, which must not reach a second one
  int moves_ = 0;
  net::Wakeup moved_;

  Cause cause_ = Cause::client;
  bool client_ended_ = false;  // it left, or does not take what it is sent; at any stage
  int told_code_ = 0;
  std::string told_reason_;
  net::LazyDeadline last_chance_;  // to a client that does not take its leave
};

}  // namespace wye::vm
