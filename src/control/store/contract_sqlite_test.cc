// The store's contract on SQLite.
#include "control/store/sqlite_store.h"
#include "control/store/testing/contract_archive.h"
#include "control/store/testing/contract_exports.h"
#include "control/store/testing/contract_pages.h"
#include "control/store/testing/contract_sessions.h"
#include "control/store/testing/contract_settings.h"
#include "control/store/testing/scratch_dir.h"

namespace wye::control::testing {

struct SqliteEngine {
  std::unique_ptr<Store> open() { return open_sqlite_store(directory.file("wye.db")).value(); }
  ScratchDir directory;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, SessionContract, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ArchiveContract, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, PagesContract, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, AgreementContract, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ExportContract, SqliteEngine);

}  // namespace wye::control::testing

namespace wye::events::testing {
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteArchive, PagingContract,
                               control::testing::ArchiveFixture<control::testing::SqliteEngine>);
}  // namespace wye::events::testing
