#pragma once

#include <string>

#include "net/http_message.h"

namespace wye::control {

/// A request to the control plane, whole, its path split. What handlers see; they run on worker threads and
/// may block.
struct ApiRequest {
  std::string method;
  std::string id;     ///< Percent-decoded path segment behind the resource, "" without one.
  std::string query;  ///< Still encoded.
  std::string body;
  std::string key_id;  ///< Of the API key that it came with.
};

}  // namespace wye::control
