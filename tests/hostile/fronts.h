#pragma once

#include <memory>
#include <string>

#include "net/http_server.h"
#include "recording_upstream.h"
#include "run_case.h"

// Wye's servers within this process: the product's own code on its own socket, in front of a recorder. A
// server over TLS is one more of them.
namespace wye::hostile {

/// Timeouts short enough for a test.
struct Patience {
  std::chrono::milliseconds head{10'000};
  std::chrono::milliseconds idle{120'000};
  std::chrono::milliseconds body{60'000};
};

class InProcess {
 public:
  virtual ~InProcess() = default;
  [[nodiscard]] virtual Front front() = 0;
};

/// Makes an `ApiServer` with store, handlers and forwarder, and one live session whose agent records.
[[nodiscard]] std::unique_ptr<InProcess> control_plane(Patience patience = {});
/// Makes a `Metro` in front of a recording agent.
[[nodiscard]] std::unique_ptr<InProcess> metro_gateway(Patience patience = {});
/// Makes the agent's server on a unix socket, with a recording handler: a client on the gateway's side could
/// be malicious too.
[[nodiscard]] std::unique_ptr<InProcess> agent_server(Patience patience = {});

struct Kind {
  const char* name;
  std::unique_ptr<InProcess> (*make)(Patience);
};
inline constexpr Kind kKinds[] = {
    {"control_plane", &control_plane}, {"metro", &metro_gateway}, {"agent", &agent_server}};
inline void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

}  // namespace wye::hostile
