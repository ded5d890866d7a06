#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http_cases.h"
#include "net/testing/raw_connection.h"

namespace wye::hostile {

/// A server under test and the recorder behind it.
struct Front {
  std::string name;
  Target to;
  std::function<net::testing::RawConnection()> connect;
  /// Request lines of whole requests that have arrived behind it; empty when they cannot be seen (live).
  std::function<std::vector<std::string>()> arrived;
  bool has_routes = true;
};

/// Sends one row and checks everything that must hold for it; failures name the row.
void run_case(const Front& front, const Case& row);

}  // namespace wye::hostile
