#include "control/api_resources.h"

#include "control/api/vm_passage.h"
#include "control/destinations/destinations.h"
#include "control/keys/keys.h"
#include "control/metrics/scrapes.h"

namespace wye::control {
namespace {

VmPassage& add_passage(ApiServer& api, const ApiServices& of) {
  auto& browsers = of.browsers;
  VmPassage::Record record{
      .resolve = [&browsers](const std::string& id_or_name) { return browsers.resolve(id_or_name); },
      .archived_events = [&browsers](
                             const std::string& id,
                             const std::string& query) { return browsers.archived_events(id, query); }};
  metro::ProxyLimits limits{.descriptors = of.descriptors};
  return api.add(std::make_unique<VmPassage>(api.io(), of.directory, of.metro, std::move(record), limits,
                                             browsers.hooks(), of.clock, of.log));
}

}  // namespace

void add_resources(ApiServer& api, const ApiServices& of) {
  api.add(std::make_unique<KeyHandlers>(of.keys));
  api.add(std::make_unique<DestinationHandlers>(of.store.exports(), of.exporter, of.clock, of.random));
  auto& passage = add_passage(api, of);
  const auto& browsers =
      api.add(std::make_unique<BrowserRoutes>(of.browsers, of.sessions, api.turns(), of.log, of.patience));
  api.add(std::make_unique<Scrapes>(api.io(), of.log,
                                    MetricsSources{.api = api,
                                                   .passage = passage,
                                                   .creates = browsers.creates(),
                                                   .browsers = of.browsers,
                                                   .sessions = of.sessions,
                                                   .exporter = of.exporter,
                                                   .directory = of.directory,
                                                   .direct_leg = of.direct_leg,
                                                   .archive = of.archive}));
}

}  // namespace wye::control
