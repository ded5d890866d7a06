#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "caller.h"
#include "event_load.h"

// The loads that a server must withstand (docs/reliability.md), each run against a real server: the load
// program runs them with many clients; tests run them with few, and assert what holds for any number.
namespace wye::load {

/// A server as its clients see it.
struct Server {
  std::uint16_t control_port = 0, metro_port = 0;
  std::string api_key;
  pid_t pid = 0;
};

/// Connections that stay open after one answered request.
struct IdleResult {
  std::int64_t kept = 0;         ///< Answered and still open at the end.
  std::int64_t turned_away = 0;  ///< Told to try again later.
  double bytes_each = 0;         ///< Of the server's memory.
  double kernel_bytes_each = 0;  ///< Of the machine's slabs and socket buffers, both ends.
  bool healthy = false;          ///< Both planes answered /healthz meanwhile.
  std::int64_t left_open = 0;    ///< The server's additional descriptors after all connections have closed.
};
IdleResult hold_idle_connections(const Server& server, std::uint16_t port, int count);

/// Subscribers of one session's stream, and events at a steady rate.
struct FanOutResult {
  std::int64_t connected = 0,
               complete = 0;  ///< Subscribers, and those of them that saw every event in order.
  std::int64_t events = 0, missing = 0, disordered = 0;
  std::vector<double> behind_ms;
  double seconds = 0;
};
FanOutResult fan_out(const VmAddress& vm, int subscribers, double per_second, std::int64_t count);

/// Sends `connections` direct requests at the same time, `rounds` times.
Outcome ask_at_once(const VmAddress& vm, int connections, int rounds);

/// Reads, lists and updates `ids` at the control plane, from many connections.
struct ChurnResult {
  Outcome outcome;
  double seconds = 0;
  std::int64_t lost_updates = 0;  ///< Browsers that do not show their last acknowledged update.
};
ChurnResult churn_metadata(const Server& server, const std::vector<std::string>& ids, int connections,
                           int updates_each);

/// Slow readers and slow writers, and their effect on other clients.
struct SlowResult {
  Outcome alone, beside;  ///< Quick clients without the slow ones, and beside them.
  std::int64_t readers = 0, writers = 0;
  double bytes_each = 0;         ///< Of the server's memory, for each slow one.
  double unread_bytes_each = 0;  ///< Bytes that each reader had asked for.
  int subscriber_status = 0;
  std::int64_t subscriber_lost = 0;  ///< Events that a sleeping reader of a stream has missed, by their ids.
};
SlowResult beside_slow_clients(const Server& server, const VmAddress& vm, int readers, int writers,
                               int quick_requests);

}  // namespace wye::load
