// The store's contract on PostgreSQL.
#include "control/store/postgres/postgres_store.h"
#include "control/store/postgres/testing/test_database.h"
#include "control/store/testing/contract_archive.h"
#include "control/store/testing/contract_exports.h"
#include "control/store/testing/contract_pages.h"
#include "control/store/testing/contract_sessions.h"
#include "control/store/testing/contract_settings.h"

namespace wye::control::testing {

struct PostgresEngine {
  std::unique_ptr<Store> open() {
    return postgres::open_postgres_store(postgres::DatabaseAddress::parse(url).value(), log,
                                         {.as_server = false,
                                          .create = true,
                                          // The machine may be busy.
                                          .patience = {.statement = std::chrono::seconds(60)}})
        .value();
  }
  Log log{LogLevel::off};
  std::string url = postgres::testing::make_database();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SessionContract, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ArchiveContract, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, PagesContract, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, AgreementContract, PostgresEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ExportContract, PostgresEngine);

}  // namespace wye::control::testing

namespace wye::events::testing {
INSTANTIATE_TYPED_TEST_SUITE_P(PostgresArchive, PagingContract,
                               control::testing::ArchiveFixture<control::testing::PostgresEngine>);
}  // namespace wye::events::testing
