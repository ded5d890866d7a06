#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>

#include "wire/json_codec.h"

namespace wye::wire {

/// An event of `logs/stream` (wire-api §7). Original servers leave `event` out.
struct LogEvent {
  std::optional<std::string> event;
  std::string message, timestamp;
};
BOOST_DESCRIBE_STRUCT(LogEvent, (), (event, message, timestamp))

}  // namespace wye::wire
