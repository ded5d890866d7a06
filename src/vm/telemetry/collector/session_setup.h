#pragma once

#include <functional>

#include "vm/cdp/cdp_port.h"
#include "vm/telemetry/collector/event_sink.h"
#include "vm/telemetry/collector/target.h"
#include "vm/telemetry/collector/worlds.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// Below the browser's session: pages, and targets that belong to no page. Below a page's: its frames and
/// workers. Other kinds are not attached to: tabs, the browser's own windows, our hidden pages (type
/// `other`).
inline constexpr std::string_view kAttachToTabs =
    R"({"autoAttach":true,"waitForDebuggerOnStart":true,"flatten":true,"filter":[{"type":"page"},{"type":"background_page"},{"type":"service_worker"},{"type":"shared_worker"}]})";
inline constexpr std::string_view kAttachToParts =
    R"({"autoAttach":true,"waitForDebuggerOnStart":true,"flatten":true,"filter":[{"type":"iframe"},{"type":"worker"}]})";

/// Switches DevTools' domains of one session on and off for the categories. A new target continues with the
/// last command, so that its first actions are seen. A new page continues when all commands are answered, or
/// after 2 s: if a client navigated it earlier, the commands would reach only the next renderer, once that
/// has loaded. Exception: Chromium does not hold a page that a client opens at an address; such a page is
/// asked for its state.
class SessionSetup {
 public:
  struct Told {
    /// Called when DevTools refused a step.
    std::function<void(Target&, const std::string& step, const std::string& why)> failed;
    /// Called with the documents of a page that existed before, or that may have begun before we listened.
    std::function<void(Target&, const boost::json::object& tree)> frame_tree;
    /// Called when the set-up is complete: all switches are in effect.
    std::function<void()> in_effect;
  };
  SessionSetup(EventSink& sink, Targets& targets, Worlds& worlds, bool stealth, Told told);

  [[nodiscard]] Enabled wanted(const Target& target, const TelemetryHub& hub) const;
  void begin(Target& target, const Enabled& wanted, CdpPort& port);
  /// Lets clients that waited for the page's set-up go on.
  void let_go(Target& target, CdpPort& port);
  void change(Target& target, const Enabled& wanted, CdpPort& port);
  /// Adds one more step to a set-up that is under way.
  void add(Target& target, std::string_view method, std::string_view params, CdpPort& port);
  [[nodiscard]] bool is_in_effect() const { return unanswered_ == 0; }
  /// Ignores the answers that are still to come.
  void forget(const Target& target);
  void clear();

 private:
  void apply(Target& target, const Enabled& wanted, CdpPort& port);
  using Then = std::function<void(Target&, const boost::json::object& result)>;
  void run(Target& target, std::string_view method, std::string_view params, CdpPort& port,
           Then then = nullptr);
  void ask_for_documents(Target& target, CdpPort& port);

  EventSink& sink_;
  Targets& targets_;
  Worlds& worlds_;
  const bool stealth_;
  const Told told_;
  int unanswered_ = 0;
  std::shared_ptr<int> generation_ = std::make_shared<int>();
};

}  // namespace wye::vm
