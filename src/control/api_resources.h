#pragma once

#include <functional>

#include "control/api/api_server.h"
#include "control/archive_keeper.h"
#include "control/browsers/browser_routes.h"
#include "control/export/exporter.h"
#include "metro/metro.h"

namespace wye::control {

/// What the resources of the API need. All of it outlives the ApiServer.
struct ApiServices {
  BrowserHandlers& browsers;
  ApiKeys& keys;
  Store& store;
  Exporter& exporter;
  Sessions& sessions;
  metro::SessionDirectory& directory;
  Random& random;
  const Clock& clock;
  const Log& log;
  metro::MetroOrigin metro;                      ///< Where clients reach the metro.
  net::DescriptorBudget* descriptors = nullptr;  ///< The ApiServer's; null: no such bound.
  BrowserPatience patience;
  std::function<metro::LegTotals()> direct_leg;  ///< See MetricsSources.
  std::function<ArchiveKeeper::Totals()> archive;
};

/// Adds every resource of the API. A new one is a folder, and a line in the `.cc` file.
void add_resources(ApiServer& api, const ApiServices& of);

}  // namespace wye::control
