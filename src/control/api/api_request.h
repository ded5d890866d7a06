#pragma once

#include <string>
#include <vector>

namespace wye::control {

/// A whole request to the control plane, as handlers see it that run on worker threads.
struct ApiRequest {
  std::vector<std::string> parameters;  ///< What the `{}` of the route's pattern stand for, decoded.
  std::string query;                    ///< Still encoded.
  std::string body;
  std::string key_id;  ///< Of the API key that it came with.

  [[nodiscard]] const std::string& id() const { return parameters.at(0); }
};

}  // namespace wye::control
