#pragma once

#include <boost/json/object.hpp>

#include "wye/result.h"

// Fields that the API has (wire-api §2, §3, §18) and this version has not. Pure.
namespace wye::control {

/// Refuses the first of them that a create asks something of. A value that asks for nothing is taken: null,
/// false, "", [], {}, and objects of such.
[[nodiscard]] Result<void> check_served_on_create(const boost::json::object& body);
/// Does the same for an update.
[[nodiscard]] Result<void> check_served_on_update(const boost::json::object& body);

}  // namespace wye::control
