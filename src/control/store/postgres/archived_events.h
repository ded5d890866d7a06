#pragma once

#include <memory>
#include <string>

#include "control/store/postgres/database.h"
#include "events/paging.h"

namespace wye::control::postgres {

/// Pages of one session's archive. It is read in pieces of a few MiB, and no connection is held between them.
[[nodiscard]] std::unique_ptr<events::RecordSource> make_archived_events(Database& database,
                                                                         std::string session);

}  // namespace wye::control::postgres
