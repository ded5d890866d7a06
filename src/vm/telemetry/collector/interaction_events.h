#pragma once

#include <boost/json/array.hpp>

#include "vm/telemetry/collector/event_sink.h"

namespace wye::vm {

/// The category `interaction`: what the script in a document's isolated world says (input_script.h).
class InteractionEvents {
 public:
  explicit InteractionEvents(EventSink& sink) : sink_(sink) {}
  /// `told` is what the script said, of the document `frame_id`.
  void on_told(Target& target, std::string_view frame_id, const boost::json::array& told);

 private:
  EventSink& sink_;
};

}  // namespace wye::vm
