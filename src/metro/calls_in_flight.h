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

/// Why another part has ended a call.
enum class Ended { no, too_slow, client_gone, client_stalled, session_ended };

/// One forwarded call, as timeouts and other calls see it. It removes itself from the list when it ends.
struct CallInFlight
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  /// What the call waits for. Stages only go forward.
  enum class Stage : std::uint8_t {
    waiting_for_head,  ///< It waits for the answer's head, as long as the call's patience lasts.
    /// It waits for a client that does not read (for a bounded time) or for the agent (without limit).
    answering,
    relaying,  ///< It relays, without limit.
  };
  Ended ended = Ended::no;
  Stage stage = Stage::waiting_for_head;
  // Flags beside the stage; each stands by itself.
  bool blocked_on_client = false;  // not while relaying: the relay waits for blocked bytes itself
  bool watches_client = false;     // not while relaying: the relay reads the client
  bool watches_session = false;    // from its second tick on, or when it relays
  CallPolicy policy;
  std::string_view session_id;           // the call's own; valid while it is listed
  const net::Endpoint* agent = nullptr;  // likewise
  Downstream* client = nullptr;
  std::function<void()> end;             // closes what the call waits for
  std::function<void()> on_session_end;  // called instead of `end`, when set
  std::function<void()> on_stop;         // called when the metro stops; otherwise likewise
  std::shared_ptr<void> ending;
  std::shared_ptr<CallInFlight*>
      self;  // made for others who may end the call later: it tells them whether the call still exists
  std::chrono::steady_clock::time_point started;
  std::chrono::steady_clock::time_point blocked_since;
};

/// Runs the timeouts of all calls of one io_context. A call costs one list entry; only calls that last longer
/// than a tick watch their client and their session. Nothing ticks while no call waits.
class CallsInFlight {
 public:
  CallsInFlight(boost::asio::io_context& io, SessionDirectory& directory, const ProxyLimits& limits);

  void add(CallInFlight& call);
  void remove(CallInFlight& call);
  /// Says that the call relays from now on: it notices its session's end at once, whatever its age.
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
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // pings hold a weak pointer to it, which tells
                                                            // whether this object still exists
  net::LazyDeadline timer_;
};

}  // namespace wye::metro
