#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "control/archive_keeper.h"
#include "control/store/postgres/address.h"

namespace wye::control {

struct ServeOptions {
  std::string listen = "127.0.0.1:7711";  ///< HOST:PORT or [IPV6]:PORT; port 0 picks a free one.
  std::string
      metro_listen;  ///< HOST:PORT of the metro; "" = the control plane's host, the port kept from before.
  /// The metro's origin as clients reach it, with `*.` in front of its host for one a session; "" = where it
  /// listens.
  std::string metro_url;
  std::vector<std::string> allowed_hosts;  ///< More names in `Host` that the control plane answers to.
  std::string tls_certificate, tls_key;    ///< PEM files; both planes then serve https. "" = http.
  std::string data_dir;
  std::optional<postgres::DatabaseAddress> database;  ///< Where the record is; nothing: in `data_dir`.
  bool take_over = false;                             ///< Takes over a database whose data directory is lost.
  std::string api_key;                                ///< "" = the stored one; the first start makes one.
  bool make_first_key = true;
  bool allow_host_loopback = false;
  bool allow_private_export = false;   ///< Telemetry may be exported to loopback and private addresses.
  std::size_t max_sessions = 256;      ///< Browsers at once; beyond, 429.
  std::size_t concurrent_creates = 8;  ///< Browsers that start at once; the others wait their turn.
  ArchiveLimits archive;
  bool end_browsers = false;  ///< SIGTERM and SIGINT end the browsers, too; else the next start adopts them.
  /// How long a browser whose server does not come back lives before it ends itself; absent: for ever.
  std::optional<std::chrono::seconds> alone_within = std::chrono::hours(24);
  std::string agent_path;             ///< The `wye-vm` binary.
  std::string relay_path;             ///< The `wye-relay` binary.
  std::vector<std::string> launcher;  ///< The command of the VM launcher.
  LogLevel log_level = LogLevel::info;
};

/// Runs `wye serve`: control plane and metro in this process until SIGTERM or SIGINT, or until SIGUSR1, which
/// ends the browsers, too. On a terminal, a second SIGINT does that as well. Returns the exit code. Prints
/// `wye ready base_url=http(s)://HOST:PORT` on standard output once it serves. With TLS, SIGHUP makes it read
/// certificate and key again.
int run_server(const ServeOptions& options);

}  // namespace wye::control
