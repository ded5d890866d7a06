#pragma once

#include <memory>
#include <string>

#include "control/store/chunk_cache.h"
#include "control/store/postgres/database.h"
#include "events/paging.h"

namespace wye::control::postgres {

/// Reads pages of one session's archive. Each call holds a connection and sees one moment. `database` and
/// `shelf` must outlive it.
[[nodiscard]] std::unique_ptr<events::RecordSource> make_archived_events(Database& database,
                                                                         ChunkShelf& shelf,
                                                                         std::string session);

}  // namespace wye::control::postgres
