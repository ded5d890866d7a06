#pragma once

#include <boost/system/result.hpp>

#include "wye/error.h"

namespace wye {

/// A value or an `Error`: see `has_value()`, `operator*` and `error()`. `value()` throws the typed exception
/// when there is an error.
template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace wye
