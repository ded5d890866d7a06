#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "vm/cdp/cdp_port.h"
#include "vm/telemetry/collector/target.h"

namespace wye::vm {

/// Our isolated world in the documents of targets: its script, and the binding by which it calls back. The
/// binding is given to each document's world by its context, since that is what works without the Runtime
/// domain, which a page would notice.
class Worlds {
 public:
  /// DevTools refused a step.
  using Failed = std::function<void(const std::string& step, const std::string& why)>;
  /// `error_event` is the name of the event by which a page's errors come (`kPageErrorScript`).
  Worlds(Targets& targets, std::string error_event, Failed failed);

  /// New documents get the script; those that are there get it now.
  void install(Target& target, bool inputs, bool errors, CdpPort& port);
  void uninstall(Target& target, CdpPort& port);
  /// A document of the target is new, or known for the first time.
  void open(Target& target, std::string_view frame_id, CdpPort& port);

 private:
  void opened(const std::string& session, const std::string& frame_id, std::int64_t context, CdpPort& port);

  Targets& targets_;
  const std::string error_event_;
  const Failed failed_;
  std::uint64_t installed_ = 0;  ///< How often; documents know by it what they said for an earlier time.
  std::shared_ptr<int> alive_ = std::make_shared<int>();  ///< Answers may come later than this lives.
};

}  // namespace wye::vm
