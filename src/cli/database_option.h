#pragma once

#include <optional>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "control/store/postgres/address.h"
#include "wye/result.h"

namespace wye::cli {

/// Returns the address of the record from `--database`, `--database-file` or WYE_DATABASE, in this order;
/// nothing when it is in the data directory. A password among the arguments is refused, since everybody on
/// the machine can read those. The variable is removed from this process's environment, so that children do
/// not get it.
[[nodiscard]] Result<std::optional<control::postgres::DatabaseAddress>> read_database(
    const Arguments& arguments);

/// Adds the two options for a command's help.
void add_database_options(std::vector<Option>& options);

}  // namespace wye::cli
