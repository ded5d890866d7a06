#pragma once

#include <string>

#include "base/random.h"
#include "wye/result.h"

namespace wye::control {

/// Who this server is among those that share a record: a random id that its data directory keeps. Made when
/// there is none, or when what is there is none. The caller holds the directory's lock.
Result<std::string> server_id_of(const std::string& data_dir, Random& random);

}  // namespace wye::control
