#include "control/store/testing/past_databases.h"

namespace wye::control::testing {
namespace {

// Taken from the release, never from schema.cc: this is what lies on people's disks.
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
PRAGMA application_id=1467573553;
CREATE TABLE keys (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, masked TEXT NOT NULL, created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL DEFAULT 0, deleted_at INTEGER NOT NULL DEFAULT 0,
  lifetime_days INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
PRAGMA user_version=2;
INSERT INTO settings VALUES ('metro_port', '41234'), ('token_secret', '0011223344556677');
INSERT INTO keys VALUES ('kkkkkkkkkkkkkkkkkkkkkkkk', '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8', 'first key',
  'sk_...word', '', 1790840000000000, 0, 0, 0);
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

constexpr const char* kHostileKeys1 = R"sql(
INSERT INTO api_keys VALUES (''), (x'ff00ff'), (zeroblob(1048576)), ('short'), (CAST(x'c3284141' AS TEXT)),
  ('5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8'), (printf('%.*c', 100000, 'a')),
  (CAST(printf('%.*c', 64, 'b') AS BLOB)), (printf('%.*c', 63, 'c') || x'00'), (9223372036854775807);
)sql";

// Of every version so far.
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

}  // namespace

std::string past_database(int version) { return version == 1 ? kVersion1 : version == 2 ? kVersion2 : ""; }

std::string hostile_database(int version) {
  const auto whole = past_database(version);
  return whole.empty() ? whole : whole + (version == 1 ? kHostileKeys1 : "") + kHostileRows;
}

}  // namespace wye::control::testing
