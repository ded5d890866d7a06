#pragma once

#include "vm/telemetry/collector/event_sink.h"

namespace wye::vm {

/// The category `console`, from DevTools' Runtime domain: arguments, stacks, uncaught exceptions.
class ConsoleEvents {
 public:
  explicit ConsoleEvents(EventSink& sink) : sink_(sink) {}
  void on_call(const Target& target, const boost::json::object& params);
  void on_exception(const Target& target, const boost::json::object& params);

 private:
  EventSink& sink_;
};

/// The same category for pages that must not notice (`stealth`): the old Console domain (text and level), Log
/// for errors of workers, and a listener in the page that reports its uncaught errors.
class QuietConsoleEvents {
 public:
  explicit QuietConsoleEvents(EventSink& sink) : sink_(sink) {}
  void on_message(const Target& target, const boost::json::object& params);
  void on_log_entry(const Target& target, const boost::json::object& params);
  /// The listener's report: `["error", message, file, line, column]`.
  void on_page_error(const Target& target, std::string_view frame_id, const boost::json::array& told);

 private:
  EventSink& sink_;
};

}  // namespace wye::vm
