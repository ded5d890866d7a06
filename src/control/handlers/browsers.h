#pragma once

#include <functional>
#include <string>

#include "control/handlers/api_request.h"
#include "control/sessions.h"

namespace wye::control {

/// `/browsers` and `/browsers/{id_or_name}` (wire-api §2). Thread-safe; calls block.
class BrowserHandlers {
 public:
  /// `metro_url`: the metro's origin as clients are told.
  BrowserHandlers(Store& store, Sessions& sessions, metro::SessionDirectory& directory, const Clock& clock,
                  std::string metro_url);

  [[nodiscard]] net::Response create(const ApiRequest& request, std::string* made_id);
  [[nodiscard]] net::Response list(const ApiRequest& request);
  [[nodiscard]] net::Response get(const ApiRequest& request);
  [[nodiscard]] net::Response update(const ApiRequest& request);
  [[nodiscard]] net::Response remove(const ApiRequest& request);
  /// Of a session that has ended: the archive's page.
  [[nodiscard]] net::Response archived_events(const std::string& session_id, const std::string& query);

  /// What `{id_or_name}` leads to: an id first, then an active name.
  [[nodiscard]] Result<std::optional<Session>> resolve(const std::string& id_or_name);

 private:
  [[nodiscard]] net::Response answer(const Session& session) const;
  [[nodiscard]] std::string render(const Session& session) const;

  Store& store_;
  Sessions& sessions_;
  metro::SessionDirectory& directory_;
  const Clock& clock_;
  const std::string metro_url_;
};

}  // namespace wye::control
