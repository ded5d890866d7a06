#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "net/lazy_deadline.h"
#include "net/socket.h"
#include "net/wakeup.h"
#include "net/ws_frames.h"
#include "relay/command_copies.h"
#include "relay/ending_command.h"
#include "relay/room.h"
#include "wire/devtools_line.h"

namespace wye::relay {

/// What the relay of one WebSocket begins with, once the client has its 101.
struct RelayParts {
  UniqueFd client;
  UniqueFd devtools;          ///< Checked (`check_devtools_socket`).
  UniqueFd line;              ///< To the agent (wire/devtools_line.h).
  std::uint64_t network = 0;  ///< Of the VM, for the sockets that the agent hands out later.
  std::string from_client;    ///< What was read of it and did not go on.
  std::string from_devtools;  ///< The same of DevTools: what came behind its 101.
};

/// How long a relay waits for others.
struct RelayPatience {
  std::chrono::milliseconds cause{25'000};  ///< For the agent to say why DevTools has ended it, or to move.
  std::chrono::milliseconds session_end{2'000};     ///< For the session's end once the agent is gone.
  std::chrono::milliseconds takes_the_rest{5'000};  ///< For a client to read what a dead Chromium has left.
  std::chrono::milliseconds takes_leave{1'000};     ///< For either side to answer the end.
};

/// The one relay between a client and DevTools: passes bytes unchanged both ways, counts messages, and says
/// both sides why it ends (vm-api §15). Copies the client's messages to an agent that asks for them. Until
/// DevTools has sent a byte, what the client has sent is kept (64 KiB) and goes to the next Chromium when
/// this one ends. Holds 256 KiB a direction at most, 4 KiB when idle. One io_context. The agent is hostile:
/// nothing here waits for it without a limit.
class Relayed {
 public:
  Relayed(boost::asio::io_context& io, RelayParts parts, RelayPatience patience = {});

  /// Is told when the agent has ended the line first, as it does when it dies; the session's end follows
  /// then, and is waited for (`RelayPatience::session_end`).
  void on_agent_gone(std::function<void()> call) { agent_gone_ = std::move(call); }
  /// Runs until both sides have left. Once.
  net::Task<> run();
  /// Ends the WebSocket because its session has ended: the client gets 1001.
  void end_session();
  /// Ends it because this process ends: the client gets 1012, if the kernel takes that now. Waits for
  /// nothing.
  void stop_now();
  /// Closes the client's connection without a close frame.
  void drop_client();

 private:
  enum class Cause {
    client,   ///< It has left, or DevTools has answered its leaving.
    session,  ///< The session has ended.
    stopped,  ///< The server has.
    told,     ///< What the agent says.
    lost,     ///< Unknown: the agent says nothing.
  };
  /// Where the client's bytes go. From `keeping` it may be `moving` and back; nothing leads back from the
  /// others.
  enum class Stage {
    keeping,   ///< To DevTools, and into `kept_` for the next Chromium.
    moving,    ///< Into `kept_` alone: there is no Chromium now.
    relaying,  ///< To DevTools: it has answered, or there was too much to keep.
    over,      ///< Nowhere: what the client still sends is read and dropped.
  };

  net::Task<> up();
  net::Task<> down();
  net::Task<> listen();
  net::Task<bool> goes_on();
  net::Task<> hear_cause();
  net::Task<> move();
  net::Task<> say_goodbye();
  net::Task<> pass_up(std::string_view bytes);
  net::Task<> pass_down(std::string_view bytes);
  bool read_line();
  bool take_descriptor(UniqueFd descriptor);
  bool copy_commands(bool on);
  [[nodiscard]] bool settled();
  [[nodiscard]] std::string goodbye() const;
  [[nodiscard]] const char* reason() const;
  void on_small_frame(unsigned char first, std::string_view payload);
  void stop_keeping();
  bool hear(std::string_view bytes, std::vector<UniqueFd> descriptors);
  void tell(const wire::LineToAgent& message);
  void tell_end();
  void wake();
  void close_devtools();

  boost::asio::io_context& io_;
  const RelayPatience patience_;
  const std::uint64_t network_;
  net::Socket client_, line_;
  std::shared_ptr<net::Socket> devtools_;  // shared with a write under way when another one takes its place
  std::string from_client_first_, from_devtools_first_;
  EndingCommand ending_command_;
  net::WsFrameTracker from_client_, from_devtools_;
  Room room_up_, room_down_;
  CommandCopies copies_;

  Stage stage_ = Stage::keeping;
  std::string kept_;           // what the client has sent, until `relaying`
  bool asked_to_end_ = false;  // it sent a command that ends Chromium, which must not reach a second one
  int moves_ = 0;
  net::Wakeup moved_;

  // What the agent has said.
  wire::LineReader line_reader_;
  int heard_ = 0;
  int switches_ = 0;
  bool line_ended_ = false;
  std::optional<wire::LineToGateway> cause_told_;
  UniqueFd handed_out_;  // with a `moved` that is on its way, or has come
  bool has_moved_ = false;
  UniqueFd takes_copies_;  // with a `commands` that is on its way
  net::Wakeup told_;
  std::function<void()> agent_gone_;

  // Facts that each may hold with any other; the first of them to be known is the cause.
  bool client_ended_ = false;  // it left, or does not take what it is sent
  bool session_ended_ = false;
  Cause cause_ = Cause::client;
  bool sending_down_ = false;      // part of a frame may be out that the tracker does not know
  net::LazyDeadline last_chance_;  // to a side that does not take its leave
};

}  // namespace wye::relay
