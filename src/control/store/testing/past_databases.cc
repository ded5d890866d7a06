#include "control/store/testing/past_databases.h"

namespace wye::control::testing {
namespace {

// Copied from the release, never from schema.cc: this is what is on users' disks.
constexpr const char* kVersion1 = R"sql(
PRAGMA journal_mode=WAL;
BEGIN;
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
PRAGMA application_id=1467573553;
PRAGMA user_version=1;
INSERT INTO settings VALUES ('metro_port', '41234'), ('token_secret', '0011223344556677');
INSERT INTO api_keys VALUES ('5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8');
INSERT INTO sessions VALUES ('llllllllllllllllllllllll', 'live', 1790847000123456, 0, 0, 'Checkout', 'us-east', 'a.b.c',
  '{"headless":true,"name":"Checkout","tags":{"team":"qa"},"timeout_seconds":300,"region":"us-east"}',
  '{"control":{"enabled":true}}', '{"session_id":"llllllllllllllllllllllll","pid":1}', 120, 2, 1790847000200000);
INSERT INTO sessions VALUES ('gggggggggggggggggggggggg', 'gone', 1790846000123456, 1790846900000000, 899877, NULL, 'us-east', 'd.e.f',
  '{"headless":true,"region":"us-east"}', 'null', '', 60, 1, 1790846000300000);
INSERT INTO events VALUES
  ('llllllllllllllllllllllll', 1, 1790847000150000, 'control', 'api_call', '{"seq":1,"event":{}}'),
  ('llllllllllllllllllllllll', 2, 1790847000200000, 'connection', 'cdp_connect', '{"seq":2,"event":{}}'),
  ('gggggggggggggggggggggggg', 1, 1790846000300000, 'control', 'api_call', '{"seq":1,"event":{}}');
COMMIT;
)sql";

constexpr const char* kVersion2 = R"sql(
PRAGMA journal_mode=WAL;
BEGIN;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
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
CREATE TABLE keys (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, masked TEXT NOT NULL, created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL DEFAULT 0, deleted_at INTEGER NOT NULL DEFAULT 0,
  lifetime_days INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
PRAGMA application_id=1467573553;
PRAGMA user_version=2;
INSERT INTO settings VALUES ('metro_port', '41234'), ('token_secret', '0011223344556677');
INSERT INTO keys VALUES ('k3v9d0x2m7q1w8e4r5t6y7u8', '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8', 'ci', 'sk_ab...yz', '',
  1790847000000000, 0, 0, 90);
INSERT INTO sessions VALUES ('llllllllllllllllllllllll', 'live', 1790847000123456, 0, 0, 'Checkout', 'us-east', 'a.b.c',
  '{"headless":true,"name":"Checkout","tags":{"team":"qa"},"timeout_seconds":300,"region":"us-east"}',
  '{"control":{"enabled":true}}', '{"session_id":"llllllllllllllllllllllll","pid":1}', 120, 2, 1790847000200000);
INSERT INTO sessions VALUES ('gggggggggggggggggggggggg', 'gone', 1790846000123456, 1790846900000000, 899877, NULL, 'us-east', 'd.e.f',
  '{"headless":true,"region":"us-east"}', 'null', '', 60, 1, 1790846000300000);
INSERT INTO events VALUES
  ('llllllllllllllllllllllll', 1, 1790847000150000, 'control', 'api_call', '{"seq":1,"event":{}}'),
  ('llllllllllllllllllllllll', 2, 1790847000200000, 'connection', 'cdp_connect', '{"seq":2,"event":{}}'),
  ('gggggggggggggggggggggggg', 1, 1790846000300000, 'control', 'api_call', '{"seq":1,"event":{}}');
COMMIT;
)sql";

// The schema of a database of version 2 after the release of version 3 upgraded it.
constexpr const char* kTo3 = R"sql(
BEGIN;
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
INSERT INTO settings VALUES ('spool_losses llllllllllllllllllllllll', '12 3');
PRAGMA user_version=3;
COMMIT;
)sql";

constexpr const char* kTo4 = R"sql(
BEGIN;
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
PRAGMA user_version=4;
COMMIT;
)sql";

// The state that a server leaves when it is killed before it has moved the archive's rows.
constexpr const char* kTo5 = R"sql(
BEGIN;
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY, session TEXT NOT NULL, category TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  first_ts INTEGER NOT NULL, last_ts INTEGER NOT NULL, events INTEGER NOT NULL, text_bytes INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX chunks_by_seq ON chunks (session, category, first_seq);
CREATE INDEX chunks_by_time ON chunks (session, category, first_ts, first_seq);
ALTER TABLE archives ADD COLUMN categories TEXT NOT NULL DEFAULT '';
UPDATE archives SET bytes=0, events=0;
PRAGMA user_version=5;
COMMIT;
)sql";

constexpr const char* kHostileKeys1 = R"sql(
INSERT INTO api_keys VALUES (''), (x'ff00ff'), (zeroblob(1048576)), ('short'), (CAST(x'c3284141' AS TEXT)),
  ('5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8'), (printf('%.*c', 100000, 'a')),
  (CAST(printf('%.*c', 64, 'b') AS BLOB)), (printf('%.*c', 63, 'c') || x'00'), (9223372036854775807);
)sql";

// Rows for every version so far.
constexpr const char* kHostileRows = R"sql(
INSERT OR REPLACE INTO settings VALUES ('metro_port', 'no number'), (x'00', x'ff'), ('token_secret', zeroblob(100000));
INSERT INTO sessions VALUES
  ('', '', 'no time', x'ff', NULL IS NULL, x'ff', '', '', '', '', '', -1, 'x', x'00'),
  ('h1', 'live', -9223372036854775808, 9223372036854775807, -1, CAST(x'c328' AS TEXT), 'r', 'j', '{', '[', '{"pid":"x"}', 9e99, -1, 0),
  ('h2', 'creating', 1, 0, 0, NULL, 'r', 'j', printf('%.*c', 200000, '['), 'null', '{}', 0, 0, 0),
  ('h3', 'ending', 1, 0, 0, NULL, 'r', 'j', '{"tags":[1,2],"timeout_seconds":1e400}', '{"control":3}', '{"pid":-1}', 0, 0, 0),
  ('h4', 'neither', 1, 0, 0, 'n', 'r', CAST(zeroblob(70000) AS TEXT), '{}', 'null', zeroblob(70000), 0, 0, 0);
INSERT INTO events VALUES ('h1', -5, 'x', x'ff', '', ''), ('h1', 9223372036854775807, -1, 'control', x'00', zeroblob(2000000)),
  ('h1', 2, 2, 'control', 't', CAST(x'ff' AS TEXT)), ('none', 1, 1, 'c', 't', '{');
)sql";

constexpr const char* kHostileLosses = R"sql(
INSERT OR REPLACE INTO settings VALUES ('spool_losses h1', x'ff20'), ('spool_losses h2', '-5 99999999999999999999'), ('spool_losses ', '');
)sql";

constexpr const char* kHostileLeases = R"sql(
INSERT INTO leases VALUES ('archive_keeper', x'ff', zeroblob(100000), 9223372036854775807), ('exporter', '', '', 'never');
UPDATE sessions SET lost_reason=x'ff', lost_after='x', last_contact=1e300 WHERE id='h3';
)sql";

constexpr const char* kHostileChunks = R"sql(
INSERT INTO chunks (session, category, first_seq, last_seq, first_ts, last_ts, events, text_bytes, body) VALUES
  ('h1', 'control', 1, 9223372036854775807, 5, -5, -1, 99999999999, x'ff'), ('h1', '', -5, -9, 'x', 'y', 1e300, 0, zeroblob(200000)),
  ('h1', 'network', 3, 2, 1, 1, 1, 10, x'28b52ffd'), ('h2', x'ff', 'a', 'b', 'c', 'd', 'e', 'f', 'text');
UPDATE archives SET categories='control - network  page ' || printf('%.*c', 5000, 'n') WHERE session='h1';
)sql";

}  // namespace

std::string past_database(int version) {
  switch (version) {
    case 1:
      return kVersion1;
    case 2:
      return kVersion2;
    case 3:
      return std::string(kVersion2) + kTo3;
    case 4:
      return past_database(3) + kTo4;
    case 5:
      return past_database(4) + kTo5;
    default:
      return "";
  }
}

// The rows came before the releases that upgraded the database.
std::string hostile_database(int version) {
  switch (version) {
    case 1:
      return std::string(kVersion1) + kHostileKeys1 + kHostileRows;
    case 2:
      return std::string(kVersion2) + kHostileRows;
    case 3:
      return std::string(kVersion2) + kHostileRows + kTo3 + kHostileLosses;
    case 4:
      return hostile_database(3) + kTo4 + kHostileLeases;
    case 5:
      return hostile_database(4) + kTo5 + kHostileChunks;
    default:
      return "";
  }
}

}  // namespace wye::control::testing
