#pragma once

#include "vm/telemetry/collector/event_sink.h"

namespace wye::vm {

/// The category `page`. It also keeps the context of every category: documents and navigations.
class PageEvents {
 public:
  static constexpr auto kSettledAfter = std::chrono::seconds(1);

  PageEvents(EventSink& sink, Targets& targets) : sink_(sink), targets_(targets) {}

  void on_attached(Target& target);  ///< For a new one.
  void on_frame_navigated(Target& target, const boost::json::object& params);
  /// Returns true when this reports the page's document; its load may be over by then.
  bool on_frame_tree(Target& target, const boost::json::object& result);
  void on_frame_detached(Target& target, const boost::json::object& params);
  void on_window_open(const boost::json::object& params);
  void on_dom_content_loaded(Target& target, const boost::json::object& params,
                             std::string_view seen = "Page.domContentEventFired");
  void on_load(Target& target, const boost::json::object& params,
               std::string_view seen = "Page.loadEventFired");
  /// Reports the progress of a document that began before we listened.
  void on_lifecycle(Target& target, const boost::json::object& params);
  void on_timeline(Target& target, const boost::json::object& params);
  void on_crashed(const Target& target);
  void on_layout_settled(Target& root);
  void clear() { opened_url_.clear(); }

 private:
  void tell_navigation(Target& target, const boost::json::object& frame, std::string_view seen);
  void take_document(Target& target, const boost::json::object& frame);
  void tell_shift(const Target& target, const boost::json::object& event);
  void tell_paint(const Target& target, const boost::json::object& event);
  void begin_settling(Target& root);

  EventSink& sink_;
  Targets& targets_;
  std::string opened_url_;  ///< The URL of the next window, which does not know it itself at its beginning.
};

}  // namespace wye::vm
