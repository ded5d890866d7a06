#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sampler.h"

namespace wye::torture {

/// Prints each series' mean and growth in both phases, plots them all into `svg`, and returns those that grew
/// beyond their bound. A phase of fewer than ten samples is not judged.
[[nodiscard]] std::vector<std::string> report_soak(const std::vector<Sample>& samples, std::uint64_t seed,
                                                   const std::string& svg);

}  // namespace wye::torture
