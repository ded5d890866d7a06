#include "control/store/schema.h"

#include <array>

#include "control/store/sqlite_convert.h"

namespace wye::control {
namespace {

constexpr const char* kFirst = R"sql(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE api_keys (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, life TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER NOT NULL DEFAULT 0,
  uptime_ms INTEGER NOT NULL DEFAULT 0, name TEXT, region TEXT NOT NULL, jwt TEXT NOT NULL, config TEXT NOT NULL,
  telemetry TEXT NOT NULL, vm TEXT NOT NULL DEFAULT '',
  spool_offset INTEGER NOT NULL DEFAULT 0, spool_seq INTEGER NOT NULL DEFAULT 0, spool_ts INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX active_names ON sessions (lower(name)) WHERE name IS NOT NULL AND life IN ('creating', 'live');
CREATE INDEX sessions_by_age ON sessions (created_at DESC, id);
CREATE INDEX sessions_by_life ON sessions (life) WHERE life != 'gone';
CREATE TABLE events (
  session TEXT NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL, category TEXT NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL,
  PRIMARY KEY (session, seq)
) WITHOUT ROWID;
CREATE INDEX events_by_time ON events (session, ts, seq);
CREATE INDEX events_by_age ON events (ts);
)sql";

// Keys get a name, a maker and an expiry. Earlier keys get names of their own; a row that is no SHA-256 could
// never match a key and is left out.
constexpr const char* kNamedKeys = R"sql(
CREATE TABLE keys (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, masked TEXT NOT NULL, created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL DEFAULT 0, deleted_at INTEGER NOT NULL DEFAULT 0,
  lifetime_days INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO keys (id, sha256, name, masked, created_by, created_at)
  SELECT 'k' || substr(lower(hex(randomblob(12))), 1, 23), sha256, 'key ' || row_number() OVER (ORDER BY sha256), 'sk_...', '',
    CAST(strftime('%s', 'now') AS INTEGER) * 1000000
  FROM api_keys WHERE typeof(sha256)='text' AND length(sha256)=64 AND length(CAST(sha256 AS BLOB))=64 AND sha256 NOT GLOB '*[^0-9a-f]*';
DROP TABLE api_keys;
)sql";

// Adds where telemetry is exported to, and how far each session is: it is behind until its last event has
// been sent and, once it is gone, its own span. Also adds what is kept about each session's events, so that
// the oldest can be removed by age and by size (first those of a session that is not on record), and pages of
// one category cost the same at any depth.
constexpr const char* kExportAndArchives = R"sql(
CREATE TABLE destinations (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, endpoint TEXT NOT NULL, headers TEXT NOT NULL, description TEXT NOT NULL,
  protocol TEXT NOT NULL, signals TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX destination_names ON destinations (lower(name));
ALTER TABLE sessions ADD COLUMN export_to TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN export_seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_behind ON sessions (export_to, id) WHERE export_to!='' AND export_seq<spool_seq+(life='gone');
CREATE INDEX sessions_exported ON sessions (export_to) WHERE export_to!='' AND life!='gone';
CREATE TABLE archives (
  session TEXT PRIMARY KEY, bytes INTEGER NOT NULL, events INTEGER NOT NULL, ended_at INTEGER NOT NULL DEFAULT 0,
  expired INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO archives (session, bytes, events, ended_at)
  SELECT sums.session, sums.bytes, sums.events,
    CASE WHEN id IS NULL THEN 1 WHEN life='gone' THEN max(1, CAST(deleted_at AS INTEGER)) ELSE 0 END
  FROM (SELECT session, sum(length(CAST(json AS BLOB)) + 220) AS bytes, count(*) AS events FROM events GROUP BY session) AS sums
  LEFT JOIN sessions ON id=sums.session;
CREATE INDEX archives_by_end ON archives (ended_at) WHERE ended_at > 0 AND expired = 0;
CREATE INDEX archives_expired ON archives (session) WHERE expired = 1;
CREATE INDEX events_by_category ON events (session, category, seq);
DROP INDEX events_by_age;
DROP INDEX events_by_time;
)sql";

// Adds what several writers need to agree on: whether a session was live (then it has a spool), what its
// spool has lost, which was kept among the settings, whether its archive lacks its end, and who has which
// lease.
constexpr const char* kAgreement = R"sql(
ALTER TABLE sessions ADD COLUMN was_live INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN spool_damaged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN spool_dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN lost_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN lost_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN last_contact INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET was_live=1 WHERE life='live' OR (life='ending' AND vm!='');
UPDATE sessions SET
  spool_damaged=max(0, CAST(value AS INTEGER)), spool_dropped=max(0, CAST(substr(value, instr(value, ' ') + 1) AS INTEGER))
  FROM settings WHERE settings.name='spool_losses ' || sessions.id;
DELETE FROM settings WHERE name GLOB 'spool_losses *';
CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, boot TEXT NOT NULL, until_ms INTEGER NOT NULL) WITHOUT ROWID;
)sql";

// Adds the archive in chunks (chunk.h) beside the earlier rows, which are moved there next; until then the
// sums count only what was moved.
constexpr const char* kChunks = R"sql(
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY, session TEXT NOT NULL, category TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  first_ts INTEGER NOT NULL, last_ts INTEGER NOT NULL, events INTEGER NOT NULL, text_bytes INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX chunks_by_seq ON chunks (session, category, first_seq);
CREATE INDEX chunks_by_time ON chunks (session, category, first_ts, first_seq);
ALTER TABLE archives ADD COLUMN categories TEXT NOT NULL DEFAULT '';
UPDATE archives SET bytes=0, events=0;
)sql";

constexpr const char* kNoRows = R"sql(
DROP TABLE events;
)sql";

constexpr std::array kMigrations{
    Migration{1, kFirst},     Migration{2, kNamedKeys}, Migration{3, kExportAndArchives},
    Migration{4, kAgreement}, Migration{5, kChunks},    Migration{6, kNoRows, move_rows_into_chunks}};

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }
int schema_version() { return kMigrations.back().version; }

}  // namespace wye::control
