#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <string>

#include "control/api/api_request.h"
#include "control/browsers/telemetry_settings.h"
#include "control/sessions.h"
#include "metro/metro.h"

namespace wye::control {

/// Does what `/browsers` and `/browsers/{id_or_name}` offer (wire-api §2); BrowserRoutes has the routes.
/// Thread-safe; calls block.
class BrowserHandlers {
 public:
  /// The arguments must outlive the handlers.
  BrowserHandlers(Store& store, Sessions& sessions, metro::SessionDirectory& directory, const Clock& clock,
                  const Log& log);

  /// Returns whether a create may wait for its turn.
  [[nodiscard]] Result<void> check_create(const ApiRequest& request);
  [[nodiscard]] Result<Session> create(const ApiRequest& request,
                                       std::chrono::steady_clock::time_point answer_by);
  [[nodiscard]] Result<net::Response> list(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> get(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> update(const ApiRequest& request);
  /// Returns a browser as the API shows it.
  [[nodiscard]] net::Response show(const Session& session) const;
  /// Begins the end of a browser, and returns its id; `Sessions::when_finished` tells the end.
  [[nodiscard]] Result<std::string> begin_remove(const std::string& id_or_name);
  /// Sets where clients reach the metro, before any request is answered.
  void set_metro(metro::MetroOrigin origin) { metro_ = std::move(origin); }
  /// Returns what the metro and the passage to VMs ask of the control plane; the hooks must not outlive the
  /// handlers.
  [[nodiscard]] metro::MetroHooks hooks();
  /// Returns the archive's page of a session that has ended.
  [[nodiscard]] Result<net::Response> archived_events(const std::string& session_id,
                                                      const std::string& query);
  /// Pages read from the archive, of sessions that are gone and of live ones, and the events in them.
  struct ArchiveReads {
    SharedCounter gone, live, events;
  };
  [[nodiscard]] const ArchiveReads& archive_reads() const { return archive_reads_; }

  /// Returns the session that `{id_or_name}` leads to: an id first, then an active name.
  [[nodiscard]] Result<std::optional<Session>> resolve(const std::string& id_or_name);

 private:
  [[nodiscard]] std::string render(const Session& session) const;

  Result<void> resize(const std::string& id, const ViewportUpdate& wanted);
  Result<void> update_config(const std::string& id, const BrowserUpdate& changes);
  Result<void> configure_telemetry(const std::string& id, const TelemetrySettings& wanted);
  Result<void> record_telemetry(const std::string& id);

  Store& store_;
  Sessions& sessions_;
  metro::SessionDirectory& directory_;
  const Clock& clock_;
  const Log& log_;
  metro::MetroOrigin metro_;
  ArchiveReads archive_reads_;
  std::array<std::mutex, 16> recording_;  // by session
};

}  // namespace wye::control
