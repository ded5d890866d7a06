#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "metro/leg_counters.h"
#include "metro/metro_origin.h"
#include "metro/session_directory.h"
#include "metro/token.h"
#include "net/descriptor_budget.h"
#include "net/http_message.h"
#include "net/tls/tls_identity.h"
#include "wye/result.h"

namespace wye::relay {
class Relays;
}

namespace wye::metro {

/// Answers a page of `telemetry/events` that is older than the agent's spool, from the archive. May block; it
/// is called on a thread of the metro's own. `query` has no `jwt`.
using ArchivePage = std::function<net::Response(const std::string& session_id, const std::string& query)>;

/// Is told that an agent has taken a PUT or PATCH of its telemetry (vm-api §8), before the client sees the
/// answer: from then on the Browser object must agree. May block, like `ArchivePage`.
using TelemetryChanged = std::function<void(const std::string& session_id)>;

/// Whether a text is an API key or a session's token of this server's, whether or not it is still valid. May
/// block; throws when the record cannot be asked.
using IsOwnCredential = std::function<bool(const std::string& text)>;

/// What a metro asks of its control plane. Each may be absent.
struct MetroHooks {
  ArchivePage archive_page;
  TelemetryChanged telemetry_changed;
  IsOwnCredential is_own_credential;  ///< Without it, a metro knows its own tokens.
};

/// How long the metro waits (routing-contract §7), and how much it holds.
struct ProxyLimits {
  std::chrono::milliseconds head{50'000};  ///< For the head of an answer.
  /// For the head of short reads such as `telemetry/events`.
  std::chrono::milliseconds brief_head{10'000};
  /// The interval of pings while exec, playwright, curl or a transfer runs.
  std::chrono::milliseconds heartbeat_every{5'000};
  std::chrono::milliseconds heartbeat_missed{15'000};
  std::chrono::milliseconds stalled_client{60'000};  ///< For a client that does not read its answer.
  std::chrono::milliseconds idle_upstream{
      30'000};                          ///< Well below the agent's own limit, so that it never closes first.
  std::chrono::milliseconds tick{250};  ///< How exact these times are. Nothing ticks while nothing waits.
  std::size_t idle_upstreams_per_session = 64;
  std::size_t idle_upstreams = 1024;
  net::DescriptorBudget* descriptors =
      nullptr;                      ///< Shared with other servers of this process; null: unbounded.
  relay::Relays* relays = nullptr;  ///< WebSockets to DevTools outlive this process; null: they do not.
};

struct MetroOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;     ///< 0 picks a free one.
  unsigned threads = 0;       ///< 0 = one for each core.
  MetroOrigin public_origin;  ///< The origin at which clients reach it.
  /// The most of each thread. Beyond it, one gives way, or new ones are turned away.
  std::size_t connections = 12'000;
  std::chrono::milliseconds head_timeout{
      10'000};                                   ///< For a first request, from the connection's beginning on.
  std::chrono::milliseconds time_to_speak{200};  ///< A new connection does not give way before that.
  std::chrono::milliseconds idle_timeout{120'000};
  std::chrono::milliseconds body_timeout{60'000};  ///< Between two pieces of a request's body.
  const net::TlsIdentity* tls = nullptr;           ///< Null: plain HTTP.
  ProxyLimits proxy;
};

/// The gateway: checks the JWT, finds the VM, forwards (vm-api §1–§6). Each thread has an io_context and a
/// listening socket.
class Metro {
 public:
  /// The arguments must outlive the metro.
  Metro(SessionDirectory& directory, const TokenVerifier& tokens, const Log& log, const Clock& clock,
        MetroOptions options);
  ~Metro();

  /// Call it before `start()`.
  void set_hooks(MetroHooks hooks);
  /// Returns the port in use.
  Result<std::uint16_t> start();
  /// Takes no new connections, and closes idle ones.
  void stop_accepting();
  [[nodiscard]] std::size_t active_requests() const;
  /// Adds up all threads; callable on any thread until `stop()`.
  [[nodiscard]] LegTotals totals() const;
  /// Breaks the remaining connections and waits for the threads.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wye::metro
