#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/host.h"
#include "host/make_driver.h"
#include "metro/metro.h"
#include "metro/session_directory.h"
#include "metro/token.h"
#include "relay/relays.h"

namespace wye::control {

struct MachineOptions {
  host::HostOptions host;
  std::vector<std::string> launcher;  ///< The command of the VM launcher.
  std::string token_secret;           ///< The secret of the sessions' JWTs.
  std::string relay_path;             ///< The `wye-relay` binary.
};

/// The machine that browsers run on: the host, which owns their VMs, and the metro, which leads clients to
/// them. It needs the owner's half of the record and the metro's hooks from the control plane, and nothing
/// else, so that it can be a process elsewhere; today `wye serve` holds both.
class Machine {
 public:
  Machine(host::OwnerStore& store, const Clock& clock, const Log& log, MachineOptions options);

  [[nodiscard]] host::Host& host() { return host_; }
  [[nodiscard]] metro::SessionDirectory& directory() { return directory_; }
  [[nodiscard]] const metro::TokenVerifier& tokens() const { return tokens_; }

  /// Takes over the connections to DevTools that an earlier server has left. Call it once its sessions are
  /// adopted.
  Result<void> start_relays();
  /// Starts the metro, once. Returns where clients reach it: `options.public_origin`, or where it listens.
  Result<metro::MetroOrigin> start_metro(metro::MetroOptions options, metro::MetroHooks hooks);
  /// Returns the port in use.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Stops the metro; from then on it calls no hook.
  void stop_metro();
  /// Call it after `start_metro`.
  [[nodiscard]] metro::Metro& metro() { return *metro_; }

 private:
  const Clock& clock_;
  const Log& log_;
  metro::SessionDirectory directory_;
  metro::TokenVerifier tokens_;
  const std::unique_ptr<host::Driver> driver_;
  relay::Relays relays_;
  host::Host host_;
  std::unique_ptr<metro::Metro> metro_;
  std::uint16_t port_ = 0;
};

}  // namespace wye::control
