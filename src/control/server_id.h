#pragma once

#include <string>

#include "base/random.h"
#include "wye/result.h"

namespace wye::control {

/// Returns who this server is among those that share a record: a random id in its data directory. It is made
/// when there is none, or when the file holds no id. The caller holds the directory's lock.
Result<std::string> server_id_of(const std::string& data_dir, Random& random);

}  // namespace wye::control
