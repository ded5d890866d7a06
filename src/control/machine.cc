#include "control/machine.h"

#include "base/try.h"
#include "metro/relayed_sockets.h"
#include "net/host_port.h"

namespace wye::control {

Machine::Machine(host::OwnerStore& store, const Clock& clock, const Log& log, MachineOptions options)
    : clock_(clock),
      log_(log),
      directory_(clock),
      tokens_(options.token_secret),
      driver_(host::make_driver({.launcher = std::move(options.launcher),
                                 .warn = [&log](const std::string& message) { log.warn(message); }})),
      relays_({.directory = options.host.data_dir + "/relays",
               .program = std::move(options.relay_path),
               .first_number = static_cast<std::uint64_t>(clock.unix_micros())},
              log),
      host_(store, *driver_, clock, log, std::move(options.host)) {}

Result<void> Machine::start_relays() { return relays_.start(metro::adopt_relayed(directory_, relays_)); }

Result<metro::MetroOrigin> Machine::start_metro(metro::MetroOptions options, metro::MetroHooks hooks) {
  options.proxy.relays = &relays_;
  metro_ = std::make_unique<metro::Metro>(directory_, tokens_, log_, clock_, options);
  metro_->set_hooks(std::move(hooks));
  const auto port = metro_->start();
  if (!port)
    return Error{.kind = port.error().kind,
                 .code = port.error().code,
                 .message = "the metro cannot listen on " + net::authority(options.host, options.port) +
                            ": " + port.error().message + "; choose another address with --metro-listen"};
  port_ = *port;
  if (options.public_origin.known()) return options.public_origin;
  const std::string scheme = options.tls != nullptr ? "https://" : "http://";
  return metro::MetroOrigin::parse(scheme + net::authority(options.host, *port));
}

void Machine::stop_metro() {
  if (metro_) metro_->stop();
  relays_.stop();
}

}  // namespace wye::control
