#pragma once

#include <boost/json/array.hpp>

#include "vm/telemetry/collector/event_sink.h"

namespace wye::vm {

/// The category `interaction`, from the script in each document's isolated world (input_script.h).
class InteractionEvents {
 public:
  explicit InteractionEvents(EventSink& sink) : sink_(sink) {}
  /// `told` is the script's report about the document `frame_id`.
  void on_told(Target& target, std::string_view frame_id, const boost::json::array& told);

 private:
  EventSink& sink_;
};

}  // namespace wye::vm
