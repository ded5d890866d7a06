#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <unordered_map>

#include "metro/call_policy.h"
#include "metro/downstream.h"
#include "metro/metro.h"
#include "metro/session_directory.h"
#include "net/lazy_deadline.h"

namespace wye::metro {

/// Why a call was ended from outside.
enum class Ended { no, too_slow, client_gone, client_stalled, session_ended };

/// One forwarded call, as timeouts and other calls see it. Removes itself from the list when it ends.
struct CallInFlight
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  /// What time means to it. Nothing leads back.
  enum class Stage : std::uint8_t {
    waiting_for_head,  ///< Of the answer: for as long as the call's patience lasts.
    answering,         ///< A client that does not read is waited for so long, and the agent without limit.
    relaying,          ///< Without limit.
  };
  Ended ended = Ended::no;
  Stage stage = Stage::waiting_for_head;
  // Beside the stage, each by itself:
  bool blocked_on_client = false;  // not while relaying, when blocked bytes are the relay's own matter
  bool watches_client = false;     // not while relaying, which reads the client
  bool watches_session = false;    // from its second tick on, or as a relay
  CallPolicy policy;
  std::string_view session_id;           // the call's own, valid while it is listed
  const net::Endpoint* agent = nullptr;  // so is this
  Downstream* client = nullptr;
  std::function<void()> end;             // closes what the call waits on
  std::function<void()> on_session_end;  // instead of `end`, when set
  std::function<void()> on_stop;         // the same, when the metro stops
  std::shared_ptr<void> ending;
  std::shared_ptr<CallInFlight*>
      self;  // made for who may want to end the call later and must know whether it still is
  std::chrono::steady_clock::time_point started;
  std::chrono::steady_clock::time_point blocked_since;
};

/// Runs the timeouts of all calls of one io_context. A call costs one list entry; only calls that last
/// longer than a tick get a watch on their client and their session. Nothing ticks while no call
/// waits.
class CallsInFlight {
 public:
  CallsInFlight(boost::asio::io_context& io, SessionDirectory& directory, const ProxyLimits& limits);

  void add(CallInFlight& call);
  void remove(CallInFlight& call);
  /// The call relays from now on: its session's end is noticed at once, whatever its age.
  void begin_relay(CallInFlight& call);
  /// Call it after a change that matters for timeouts.
  void wake();
  void end(CallInFlight& call, Ended why);
  void end_all();

 private:
  struct Heart {
    std::chrono::steady_clock::time_point last_beat;
    bool asked = false;
  };
  void tick();
  bool look_at(CallInFlight& call, std::chrono::steady_clock::time_point now);
  void look_at_heart(CallInFlight& call, std::chrono::steady_clock::time_point now);
  void watch_session(CallInFlight& call);
  void ask_heart(const net::Endpoint& agent);

  boost::asio::io_context& io_;
  SessionDirectory& directory_;
  const ProxyLimits& limits_;
  boost::intrusive::list<CallInFlight, boost::intrusive::constant_time_size<false>> calls_;
  std::unordered_map<std::string, Heart>
      hearts_;  // by the agent's endpoint, only while a call waits by heartbeat
  bool ticking_ = false;
  std::shared_ptr<char> alive_ =
      std::make_shared<char>();  // shared with nobody: tells pings that we are still here
  net::LazyDeadline timer_;
};

}  // namespace wye::metro
