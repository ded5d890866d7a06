#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "vm/cdp/cdp_port.h"
#include "vm/telemetry/collector/target.h"

namespace wye::vm {

/// Keeps our isolated world in targets' documents: its script, and the binding by which it calls back. The
/// binding is added to each document's world by its context, which works without the Runtime domain, whose
/// use a page would notice.
class Worlds {
 public:
  /// Called when DevTools refused a step.
  using Failed = std::function<void(const std::string& step, const std::string& why)>;
  /// `error_event` names the event that carries a page's errors (`kPageErrorScript`).
  Worlds(Targets& targets, std::string error_event, Failed failed);

  /// Gives the script to new documents, and to the present ones now.
  void install(Target& target, bool inputs, bool errors, CdpPort& port);
  void uninstall(Target& target, CdpPort& port);
  /// Tells that a document of the target is new, or has become known.
  void open(Target& target, std::string_view frame_id, CdpPort& port);

 private:
  void opened(const std::string& session, const std::string& frame_id, std::int64_t context, CdpPort& port);

  Targets& targets_;
  const std::string error_event_;
  const Failed failed_;
  std::uint64_t installed_ = 0;  ///< How often; documents use it to drop reports from an earlier time.
  std::shared_ptr<int> alive_ =
      std::make_shared<int>();  ///< Expires with this object; answers may come later.
};

}  // namespace wye::vm
