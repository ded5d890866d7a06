#include "control/server_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/try.h"
#include "base/unique_fd.h"
#include "control/data_dir.h"
#include "control/store/postgres/postgres_store.h"
#include "control/store/sqlite_store.h"

namespace wye::control {
namespace {

constexpr const char* kOwner =
    "owner";  // a setting: the id of the server whose directory the database serves

Error conflict(const char* code, std::string message) {
  return {.kind = ErrorKind::conflict, .code = code, .message = std::move(message)};
}

// A file that says which database the record is in.
std::string marker_in(const std::string& data_dir) { return data_dir + "/database"; }

std::string read_marker(const std::string& data_dir) {
  std::ifstream in(marker_in(data_dir));
  std::string text;
  std::getline(in, text);
  return text;
}

Result<void> write_marker(const std::string& data_dir, const std::string& database) {
  const auto path = marker_in(data_dir);
  const auto text = database + "\n";
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.get()) == 0)
    return {};
  return Error{.kind = ErrorKind::internal,
               .code = "data_dir_unusable",
               .message = path + ": " + std::strerror(errno)};
}

bool holds_a_record(const std::string& data_dir) {
  std::error_code ignored;
  return std::filesystem::exists(database_in(data_dir), ignored);
}

Result<std::unique_ptr<Store>> open_database(const RecordPlace& place, const std::string& server_id,
                                             const Log& log) {
  const auto name = place.database->text();
  if (read_marker(place.data_dir).empty() && holds_a_record(place.data_dir))
    return conflict("record_elsewhere", place.data_dir + " holds a record of its own (wye.db), which " +
                                            name +
                                            " does not know; choose another --data-dir for the database");
  WYE_TRY(auto store, postgres::open_postgres_store(*place.database, log));
  if (place.take_over) WYE_CHECK(store->set_setting(kOwner, server_id));
  WYE_TRY(const auto owner, store->setting_once(kOwner, server_id));
  if (owner != server_id)
    return conflict(
        "database_of_another",
        name +
            " serves another data directory, which has the telemetry of its browsers; start with that "
            "one. If it is lost for good, --take-over ends its browsers and keeps what was archived");
  if (read_marker(place.data_dir) != name) WYE_CHECK(write_marker(place.data_dir, name));
  return store;
}

}  // namespace

Result<std::unique_ptr<Store>> open_server_store(const RecordPlace& place, const std::string& server_id,
                                                 const Log& log) {
  if (place.database) return open_database(place, server_id, log);
  WYE_CHECK(check_record_is_here(place.data_dir, "start with --database"));
  return open_sqlite_store(database_in(place.data_dir),
                           {.say = [&log](const std::string& text) { log.info(text); }});
}

Result<std::unique_ptr<Store>> open_store_beside_server(const RecordPlace& place, bool create,
                                                        const Log& log) {
  if (place.database)
    return postgres::open_postgres_store(*place.database, log,
                                         {.as_server = false, .create = create, .connections = 2});
  WYE_CHECK(check_record_is_here(place.data_dir, "say so with --database"));
  return open_beside_server(place.data_dir, create);
}

Result<void> check_record_is_here(const std::string& data_dir, const std::string& instead) {
  const auto database = read_marker(data_dir);
  if (database.empty()) return {};
  return conflict("record_elsewhere", "the record of " + data_dir + " is in " + database + "; " + instead);
}

}  // namespace wye::control
