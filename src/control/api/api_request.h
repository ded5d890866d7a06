#pragma once

#include <string>
#include <vector>

namespace wye::control {

/// A whole request to the control plane, as handlers on worker threads see it.
struct ApiRequest {
  std::vector<std::string> parameters;  ///< The parts that stand for `{}` in the route's pattern, decoded.
  std::string query;                    ///< Still encoded.
  std::string body;
  std::string key_id;  ///< The id of the API key that it came with.

  [[nodiscard]] const std::string& id() const { return parameters.at(0); }
};

}  // namespace wye::control
