// Any rows in a database of a past version: the migration is complete, sound rows stay, and every later read
// is sound or a typed error.
#include <sqlite3.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <vector>

#include "control/store/schema.h"
#include "control/store/sqlite_check.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/past_databases.h"
#include "control/store/testing/scratch_dir.h"
#include "events/paging.h"
#include "invariant.h"

namespace wye::fuzz {
namespace {

using namespace control;

struct Table {
  const char* insert;
  int columns;
};
constexpr Table kTables[] = {
    {"INSERT OR IGNORE INTO settings VALUES (?1, ?2)", 2},
    {"INSERT OR IGNORE INTO api_keys VALUES (?1)", 1},
    {"INSERT OR IGNORE INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
     14},
    {"INSERT OR IGNORE INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)", 6},
};

template <class Number>
Number number_of(std::string_view text) {
  Number out{};
  (void)std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// Writes any type into any column, as SQLite allows: `i7`, `r1e300`, `xbytes`, `z100000` (100,000 zero
// bytes), `n`, else text.
void bind(sqlite3_stmt* row, int index, std::string_view field) {
  const auto value = field.substr(field.empty() ? 0 : 1);
  const auto size = static_cast<int>(value.size());
  switch (field.empty() ? 't' : field.front()) {
    case 'i':
      ::sqlite3_bind_int64(row, index, number_of<std::int64_t>(value));
      break;
    case 'r':
      ::sqlite3_bind_double(row, index, number_of<double>(value));
      break;
    case 'x':
      ::sqlite3_bind_blob(row, index, value.data(), size, SQLITE_TRANSIENT);
      break;
    case 'z':
      ::sqlite3_bind_zeroblob(row, index, static_cast<int>(number_of<std::uint32_t>(value) % 200'000));
      break;
    case 'n':
      ::sqlite3_bind_null(row, index);
      break;
    default:
      ::sqlite3_bind_text(row, index, value.data(), size, SQLITE_TRANSIENT);
  }
}

// Reads a line as a row: the table's letter, then its fields, each ended by a tab.
void fill(const std::string& path, Input& input) {
  sqlite3* database = nullptr;
  WYE_INVARIANT(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  for (int rows = 0; rows < 64 && !input.rest().empty(); ++rows) {
    auto line = input.line();
    const std::string_view letters = "ukse";
    const auto which = letters.find(line.empty() ? '?' : line.front());
    if (which == std::string_view::npos) continue;
    const auto& table = kTables[which];
    line.remove_prefix(1);
    sqlite3_stmt* row = nullptr;
    WYE_INVARIANT(::sqlite3_prepare_v2(database, table.insert, -1, &row, nullptr) == SQLITE_OK);
    for (int column = 1; column <= table.columns; ++column) {
      const auto end = line.find('\t');
      bind(row, column, line.substr(0, end));
      line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
    }
    (void)::sqlite3_step(row);  // NOT NULL and the like refuse some
    ::sqlite3_finalize(row);
  }
  ::sqlite3_close(database);
}

void typed(const Error& error) { WYE_INVARIANT(!error.code.empty() && !error.message.empty()); }

void pages_end(Store& store, const std::string& session) {
  const auto events = store.archived_events(session);
  for (const char* text : {"limit=7&offset=1", "limit=7&order=desc", "limit=3&category=control&offset=1"}) {
    auto query = events::parse_page_query(text, 1'800'000'000'000'000);
    WYE_INVARIANT(query);
    // It holds 64 rows at most, so a cursor that does not advance would show more pages.
    for (int pages = 0;; ++pages) {
      WYE_INVARIANT(pages < 64);
      const auto page = events::read_page(*events, *query);
      if (!page) return typed(page.error());
      if (!page->has_more) break;
      query->offset = page->next_offset;
    }
  }
}

void reads_soundly(Store& store) {
  const auto live = store.session(control::testing::kPastLive);
  WYE_INVARIANT(live && *live && (*live)->life == Life::live && (*live)->jwt == "a.b.c");
  const auto gone = store.session(control::testing::kPastGone);
  WYE_INVARIANT(gone && *gone && (*gone)->life == Life::gone);
  WYE_INVARIANT(store.keys().by_hash(control::testing::kPastKeyHash).value());
  std::vector<std::string> ids{control::testing::kPastLive, control::testing::kPastGone, "none", ""};
  SessionFilter all{.active = true, .deleted = true};
  all.limit = 100;
  if (const auto sessions = store.sessions(all); sessions)
    for (const auto& session : *sessions) ids.push_back(session.id);
  else
    typed(sessions.error());
  if (const auto sessions = store.sessions_not_gone(); !sessions) typed(sessions.error());
  for (const auto& id : ids) {
    if (const auto mark = store.spool_mark(id); !mark) typed(mark.error());
    pages_end(store, id);
  }
  KeyFilter every;
  every.limit = 100;
  const auto keys = store.keys().list(every);
  WYE_INVARIANT(keys && !keys->empty());
  // Everything after it works as in any database.
  WYE_INVARIANT(store.set_setting("after", "wards"));
  if (const auto oldest = store.oldest_ended_archive(); oldest && *oldest)
    WYE_INVARIANT(store.expire_archive((*oldest)->session));
  WYE_INVARIANT(store.remove_expired(1 << 20));
}

const std::string& past_bytes() {
  static const std::string bytes = [] {
    const control::testing::ScratchDir directory;
    const auto path = directory.file("wye.db");
    control::testing::run_sql(path, control::testing::past_database(1));
    return control::testing::read_bytes(path);
  }();
  return bytes;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  using namespace wye::fuzz;
  static const control::testing::ScratchDir directory;
  const auto path = directory.file("wye.db");
  for (const char* end : {"", "-wal", "-shm"}) ::unlink((path + end).c_str());
  control::testing::write_bytes(path, past_bytes());
  Input input(data, size);
  fill(path, input);
  for (int starts = 0; starts < 2; ++starts) {  // the second start finds what the first has made
    const auto store = control::open_sqlite_store(path);
    if (!store) {
      typed(store.error());
      return 0;
    }
    reads_soundly(**store);
  }
  WYE_INVARIANT(control::check_database(path, control::CheckDepth::version).value() ==
                control::schema_version());
  return 0;
}
