#pragma once

#include <string>
#include <vector>

#include "wire/vm_calls.h"

// For tests only: tails by which a test asks for a row of the table of VM calls.
namespace wye::wire::testing {

/// Returns the row's pattern with segments in place of its wildcards.
inline std::string sample_tail(const VmCall& call, std::string_view segment = "x1",
                               std::string_view rest = "") {
  std::string out(call.tail);
  for (auto at = out.find("{}"); at != out.npos; at = out.find("{}")) out.replace(at, 2, segment);
  if (out.ends_with("/**")) out.replace(out.size() - 3, 3, rest);
  return out;
}

inline std::vector<std::string> sample_tails(const VmCall& call) {
  std::vector<std::string> out{sample_tail(call)};
  if (call.tail.ends_with("/**")) out.push_back(sample_tail(call, "x1", "/a/b"));
  return out;
}

}  // namespace wye::wire::testing
