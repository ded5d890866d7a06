#include "control/store/postgres/schema.h"

#include <array>

#include "base/try.h"

namespace wye::control::postgres {
namespace {

// Texts that are compared or sorted have the collation "C", so that no server's locale changes an order, and
// lower() folds only ASCII, as in the embedded store. Configuration is text, since jsonb would refuse some.
// Chunks are packed already, so the server does not compress them again.
constexpr const char* kFirst = R"sql(
CREATE TABLE settings (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);
CREATE TABLE leases (name text COLLATE "C" PRIMARY KEY, holder text COLLATE "C" NOT NULL, until timestamptz NOT NULL);
CREATE TABLE keys (
  id text COLLATE "C" PRIMARY KEY, sha256 text COLLATE "C" NOT NULL UNIQUE, name text COLLATE "C" NOT NULL,
  masked text COLLATE "C" NOT NULL, created_by text NOT NULL, created_at bigint NOT NULL,
  expires_at bigint NOT NULL DEFAULT 0, deleted_at bigint NOT NULL DEFAULT 0, lifetime_days bigint NOT NULL DEFAULT 0
);
CREATE TABLE destinations (
  id text COLLATE "C" PRIMARY KEY, name text COLLATE "C" NOT NULL, endpoint text COLLATE "C" NOT NULL, headers text NOT NULL,
  description text COLLATE "C" NOT NULL, protocol text NOT NULL, signals text NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX destination_names ON destinations (lower(name));
CREATE TABLE sessions (
  id text COLLATE "C" PRIMARY KEY, life text COLLATE "C" NOT NULL, was_live boolean NOT NULL DEFAULT false,
  created_at bigint NOT NULL, deleted_at bigint NOT NULL DEFAULT 0, uptime_ms bigint NOT NULL DEFAULT 0,
  name text COLLATE "C", region text COLLATE "C" NOT NULL, jwt text NOT NULL, config text NOT NULL, tags jsonb NOT NULL,
  telemetry text NOT NULL, vm text NOT NULL DEFAULT '',
  spool_offset bigint NOT NULL DEFAULT 0, spool_seq bigint NOT NULL DEFAULT 0, spool_ts bigint NOT NULL DEFAULT 0,
  spool_damaged bigint NOT NULL DEFAULT 0, spool_dropped bigint NOT NULL DEFAULT 0,
  export_to text COLLATE "C" NOT NULL DEFAULT '', export_seq bigint NOT NULL DEFAULT 0,
  incomplete_reason text NOT NULL DEFAULT '', incomplete_seq bigint NOT NULL DEFAULT 0, incomplete_contact bigint NOT NULL DEFAULT 0
) WITH (fillfactor=70);
CREATE UNIQUE INDEX active_names ON sessions (lower(name)) WHERE name IS NOT NULL AND life IN ('creating', 'live');
CREATE INDEX sessions_by_age ON sessions (created_at DESC, id);
CREATE INDEX sessions_not_gone ON sessions (life) WHERE life <> 'gone';
CREATE INDEX sessions_behind ON sessions (export_to, id)
  WHERE export_to <> '' AND export_seq < spool_seq + CASE WHEN life='gone' THEN 1 ELSE 0 END;
CREATE INDEX sessions_exported ON sessions (export_to) WHERE export_to <> '' AND life <> 'gone';
CREATE TABLE archives (
  session text COLLATE "C" PRIMARY KEY, bytes bigint NOT NULL, events bigint NOT NULL, categories text[] COLLATE "C" NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0, expired boolean NOT NULL DEFAULT false
) WITH (fillfactor=70);
CREATE INDEX archives_by_end ON archives (ended_at) WHERE ended_at > 0 AND NOT expired;
CREATE INDEX archives_expired ON archives (session) WHERE expired;
CREATE TABLE chunks (
  session text COLLATE "C" NOT NULL, category text COLLATE "C" NOT NULL, first_seq bigint NOT NULL, last_seq bigint NOT NULL,
  first_ts bigint NOT NULL, last_ts bigint NOT NULL, events bigint NOT NULL, text_bytes bigint NOT NULL, body bytea NOT NULL,
  PRIMARY KEY (session, category, first_seq)
);
ALTER TABLE chunks ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX chunks_by_time ON chunks (session, category, first_ts, first_seq);
)sql";

constexpr std::array kSteps{SchemaStep{1, kFirst}};
constexpr std::int64_t kUpgrading = 0x57796532;  // an advisory lock
constexpr std::chrono::minutes kUpgradesWithin{30};

Result<int> version_in_table(Connection& connection) {
  WYE_TRY(const auto version, connection.run("SELECT version FROM wye.schema_version"));
  return version.empty() ? 0 : static_cast<int>(version.number(0, 0));
}

Result<void> upgrade_in_transaction(Connection& connection, const SchemaStep& step) {
  WYE_CHECK(connection.run("SELECT pg_advisory_xact_lock($1)", Values().number(kUpgrading)));
  WYE_TRY(const auto now, schema_of(connection));  // another server may have been first
  if (now >= step.version) return {};
  if (now == 0)
    WYE_CHECK(connection.script(
        "CREATE SCHEMA IF NOT EXISTS wye; CREATE TABLE wye.schema_version (version integer NOT NULL)"));
  WYE_CHECK(connection.script(step.sql));
  WYE_CHECK(connection.script("DELETE FROM wye.schema_version"));
  WYE_CHECK(connection.run("INSERT INTO wye.schema_version VALUES ($1)", Values().number(step.version)));
  return {};
}

}  // namespace

std::span<const SchemaStep> schema_steps() { return kSteps; }
int newest_schema() { return kSteps.back().version; }

Result<int> schema_of(Connection& connection) {
  WYE_TRY(
      const auto tables,
      connection.run("SELECT count(*) FILTER (WHERE relname='schema_version'), count(*) FROM pg_class c JOIN "
                     "pg_namespace n ON n.oid=relnamespace WHERE nspname='wye' AND relkind='r'"));
  if (tables.number(0, 1) == 0) return 0;
  if (tables.number(0, 0) == 0)
    return Error{
        .kind = ErrorKind::conflict,
        .code = "store_foreign",
        .message =
            "the database has a schema \"wye\" that is not of this program; give it a database of its own"};
  WYE_TRY(const auto version, version_in_table(connection));
  if (version > newest_schema())
    return Error{.kind = ErrorKind::conflict,
                 .code = "store_newer",
                 .message = "the database has schema " + std::to_string(version) +
                            ", of a newer wye than this one (" + std::to_string(newest_schema()) +
                            "); start that one"};
  return version;
}

Result<void> upgrade_schema(Connection& connection) {
  connection.set_patience(kUpgradesWithin);
  WYE_CHECK(connection.script("SET statement_timeout TO 0; SET lock_timeout TO 0"));
  for (const auto& step : kSteps) {
    WYE_CHECK(connection.script("BEGIN"));
    const auto done = upgrade_in_transaction(connection, step);
    if (!done) {
      if (!connection.lost()) (void)connection.script("ROLLBACK");
      return done;
    }
    WYE_CHECK(connection.script("COMMIT"));
  }
  return {};
}

}  // namespace wye::control::postgres
