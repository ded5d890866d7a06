#pragma once

#include <boost/system/result.hpp>

#include "wye/error.h"

namespace wye {

/// A value or an `Error`. `has_value()`, `operator*`, `error()`; `.value()` throws the typed exception
/// instead.
template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace wye
