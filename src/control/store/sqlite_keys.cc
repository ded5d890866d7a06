#include "control/store/sqlite_keys.h"

#include "base/try.h"

namespace wye::control {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, name, masked, created_by, created_at, expires_at, deleted_at, lifetime_days FROM keys ";

ApiKey read_key(const Statement& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .masked = row.text(2),
          .created_by = row.text(3),
          .created_at = row.number(4),
          .expires_at = row.number(5),
          .deleted_at = row.number(6),
          .lifetime_days = row.number(7)};
}

std::string order_of(const KeyFilter& filter) {
  const std::string direction = filter.ascending ? " ASC" : " DESC";
  switch (filter.sort) {
    case KeyFilter::Sort::name:
      return "lower(name)" + direction;
    case KeyFilter::Sort::expires_at:  // keys that never expire come last
      return "expires_at=0" + direction + ", expires_at" + direction;
    case KeyFilter::Sort::created_at:
      break;
  }
  return "created_at" + direction;
}

class SqliteKeys final : public KeyStore {
 public:
  SqliteKeys(Database& writer, std::mutex& mutex, Database reader)
      : writer_(writer),
        writing_(mutex),
        reader_(std::move(reader)),
        by_hash_(reader_.handle(), std::string(kSelect) + "WHERE sha256=?1"),
        by_id_(reader_.handle(), std::string(kSelect) + "WHERE id=?1") {}

  Result<void> add(const ApiKey& key, const std::string& hash) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    return insert(key, hash);
  }

  Result<bool> add_first(const ApiKey& key, const std::string& hash) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    Transaction change(writer_);
    WYE_CHECK(change.begun());
    Statement read(writer_.handle(), "SELECT 1 FROM keys LIMIT 1");
    WYE_TRY(const bool some, read.step());
    if (some) return false;
    WYE_CHECK(insert(key, hash));
    read.reset();
    WYE_CHECK(change.commit());
    return true;
  }

  Result<std::optional<ApiKey>> by_hash(const std::string& hash) override { return one(by_hash_, hash); }
  Result<std::optional<ApiKey>> by_id(const std::string& id) override { return one(by_id_, id); }

  Result<std::vector<ApiKey>> list(const KeyFilter& filter) override {
    const std::lock_guard lock(reading_);
    std::string sql(kSelect);
    sql += filter.active && filter.deleted ? "WHERE 1"
           : filter.deleted                ? "WHERE deleted_at!=0"
                                           : "WHERE deleted_at=0";
    sql +=
        " AND (?1='' OR instr(lower(name), lower(?1))>0 OR instr(id, ?1)=1 OR instr(masked, ?1)=1)"
        " AND (?2='' OR lower(name)=lower(?2)) ORDER BY " +
        order_of(filter) + ", id LIMIT ?3 OFFSET ?4";
    Statement read(reader_.handle(), sql);
    read.bind(1, filter.query).bind(2, filter.name).bind(3, filter.limit + 1).bind(4, filter.offset);
    std::vector<ApiKey> out;
    for (;;) {
      WYE_TRY(const bool row, read.step());
      if (!row) return out;
      out.push_back(read_key(read));
    }
  }

  Result<bool> rename(const std::string& id, const std::string& name) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    return changed(Statement(writer_.handle(), "UPDATE keys SET name=?2 WHERE id=?1 AND deleted_at=0")
                       .bind(1, id)
                       .bind(2, name)
                       .run());
  }

  Result<bool> remove(const std::string& id, std::int64_t deleted_at) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    Transaction change(writer_);
    WYE_CHECK(change.begun());
    WYE_TRY(const bool there,
            changed(Statement(writer_.handle(), "UPDATE keys SET deleted_at=?2 WHERE id=?1 AND deleted_at=0")
                        .bind(1, id)
                        .bind(2, deleted_at)
                        .run()));
    WYE_CHECK(Statement(writer_.handle(),
                        "DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE deleted_at!=0 "
                        "ORDER BY deleted_at DESC, id LIMIT -1 OFFSET ?1)")
                  .bind(1, kKeptRevokedKeys)
                  .run());
    WYE_CHECK(change.commit());
    return there;
  }

  Result<bool> replace(const std::string& id, std::int64_t expires_at, const ApiKey& fresh,
                       const std::string& hash) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    Transaction change(writer_);
    WYE_CHECK(change.begun());
    WYE_TRY(const bool there,
            changed(Statement(writer_.handle(),
                              "UPDATE keys SET expires_at=iif(expires_at=0, ?2, min(expires_at, ?2)) "
                              "WHERE id=?1 AND deleted_at=0")
                        .bind(1, id)
                        .bind(2, expires_at)
                        .run()));
    if (!there) return false;
    WYE_CHECK(insert(fresh, hash));
    WYE_CHECK(change.commit());
    return true;
  }

  Result<std::int64_t> count() override {
    const std::lock_guard lock(reading_);
    Statement read(reader_.handle(), "SELECT count(*) FROM keys WHERE deleted_at=0");
    WYE_TRY([[maybe_unused]] const bool row, read.step());
    return read.number(0);
  }

 private:
  Result<void> insert(const ApiKey& key, const std::string& hash) {
    Statement add(writer_.handle(),
                  "INSERT INTO keys (id, sha256, name, masked, created_by, created_at, expires_at, "
                  "lifetime_days) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    add.bind(1, key.id).bind(2, hash).bind(3, key.name).bind(4, key.masked).bind(5, key.created_by);
    return add.bind(6, key.created_at).bind(7, key.expires_at).bind(8, key.lifetime_days).run();
  }
  Result<bool> changed(Result<void> done) {
    if (!done) return done.error();
    return ::sqlite3_changes64(writer_.handle()) > 0;
  }
  // Each request asks, so the statement is kept; it is reset before the next one, so that it sees the latest
  // commit.
  Result<std::optional<ApiKey>> one(Statement& read, const std::string& value) {
    const std::lock_guard lock(reading_);
    const auto row = read.bind(1, value).step();
    auto key = row && *row ? std::optional<ApiKey>(read_key(read)) : std::optional<ApiKey>();
    read.reset();
    if (!row) return row.error();
    return key;
  }

  Database& writer_;
  std::mutex& writing_;
  Database reader_;
  Statement by_hash_, by_id_;
  std::mutex reading_;
};

}  // namespace

std::unique_ptr<KeyStore> make_sqlite_keys(Database& writer, std::mutex& mutex, Database reader) {
  return std::make_unique<SqliteKeys>(writer, mutex, std::move(reader));
}

}  // namespace wye::control
