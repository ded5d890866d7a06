#pragma once

#include <functional>
#include <string>

#include "net/lazy_deadline.h"
#include "net/wakeup.h"
#include "net/ws_frames.h"
#include "vm/cdp/cdp_dial.h"
#include "vm/cdp/ending_command.h"

namespace wye::vm {

/// Relays a client's WebSocket to one of DevTools until either ends, and tells the client why by a close
/// frame (vm-api §15). One io_context.
///
/// Keeps what the client has sent until Chromium has answered the first byte. If Chromium ends before that,
/// these bytes go to the next Chromium, and the client does not notice.
class CdpConnection {
 public:
  CdpConnection(boost::asio::io_context& io, Browser& browser, CdpDialRequest request, CdpUpstream upstream,
                std::unique_ptr<net::ByteStream> client);

  /// Passes the 101 on; false when the client is gone.
  net::Task<bool> open();
  /// Runs until both sides have left. `over` is called once the cause is known, before the client is told.
  net::Task<> run(std::function<void()> over);

  /// Ends the connection with that close code, for the session.
  void end(int code, std::string reason);
  /// Tells the connection that this Chromium is gone. A client that does not read the rest is waited for only
  /// a limited time.
  void on_end_of(std::uint64_t generation);

  /// The values of `cdp_disconnect`.
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
  [[nodiscard]] bool settled();
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

  /// Where the client's bytes go. `keeping` and `moving` may alternate; no stage leads back from `relaying`
  /// or `over`.
  enum class Stage {
    keeping,   ///< To DevTools, and into `kept_` for the next Chromium.
    moving,    ///< Into `kept_` alone: there is no Chromium now.
    relaying,  ///< To DevTools: it has answered, or there was too much to keep.
    over,      ///< Nowhere: what the client still sends is read and dropped.
  };
  Stage stage_ = Stage::keeping;
  std::string kept_;           // what the client sent before `relaying`
  bool asked_to_end_ = false;  // it sent a command that ends Chromium, which must not reach a second one
  int moves_ = 0;
  net::Wakeup moved_;

  Cause cause_ = Cause::client;
  bool client_ended_ = false;  // it left, or does not read what it is sent; at any stage
  int told_code_ = 0;
  std::string told_reason_;
  net::LazyDeadline last_chance_;  // for a client that does not read our farewell
};

}  // namespace wye::vm
