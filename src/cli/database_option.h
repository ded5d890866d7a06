#pragma once

#include <optional>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "control/store/postgres/address.h"
#include "wye/result.h"

namespace wye::cli {

/// Where the record is, of `--database`, `--database-file` or WYE_DATABASE, in this order; nothing: in the
/// data directory. A password among the arguments is refused, since everybody on the machine can read those.
/// The variable is removed from this process's environment, for its children.
[[nodiscard]] Result<std::optional<control::postgres::DatabaseAddress>> read_database(
    const Arguments& arguments);

/// The two options, for a command's help.
void add_database_options(std::vector<Option>& options);

}  // namespace wye::cli
