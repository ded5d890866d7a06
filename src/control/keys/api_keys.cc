#include "control/keys/api_keys.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/try.h"

namespace wye::control {
namespace {

constexpr std::int64_t kDay = 24LL * 3600 * 1'000'000;
constexpr std::size_t kShownFrom = 24;  // of a shorter key, even a few characters would tell too much

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}
Error no_such_key() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such API key"};
}

std::string mask(std::string_view key) {
  if (key.size() < kShownFrom) return "...";
  return std::string(key.substr(0, 7)) + "..." + std::string(key.substr(key.size() - 4));
}

// Names are printed on terminals, so none may steer one.
bool is_control(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) return true;
  }
  return false;
}

Result<void> check_name(const std::string& name) {
  const auto length = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xc0) != 0x80; });
  if (!is_utf8(name) || is_control(name)) return bad("name must be plain text");
  if (length < 1 || length > kMaxKeyNameLength)
    return bad("name must have 1 to " + std::to_string(kMaxKeyNameLength) + " characters");
  return {};
}

Result<void> check_lifetime(std::int64_t days) {
  if (days >= 0 && days <= kMaxKeyLifetimeDays) return {};
  return bad("days_to_expire must be from 1 to " + std::to_string(kMaxKeyLifetimeDays));
}

}  // namespace

Result<NewKey> ApiKeys::fresh(const std::string& name, std::int64_t lifetime_days,
                              const std::string& created_by) {
  WYE_CHECK(check_name(name));
  WYE_CHECK(check_lifetime(lifetime_days));
  WYE_TRY(const auto there, store_.count());
  if (there >= kMaxKeys)
    return Error{.kind = ErrorKind::invalid,
                 .code = "unsupported_value",
                 .message = "this server has " + std::to_string(kMaxKeys) + " API keys; revoke one first"};
  std::string bytes(24, '\0');
  random_.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  NewKey out{.record = {}, .key = "sk_" + base64url(bytes)};
  const auto now = clock_.unix_micros();
  out.record = {.id = new_id(random_),
                .name = name,
                .masked = mask(out.key),
                .created_by = created_by,
                .created_at = now,
                .expires_at = lifetime_days == 0 ? 0 : now + lifetime_days * kDay,
                .lifetime_days = lifetime_days};
  return out;
}

Result<NewKey> ApiKeys::create(const std::string& name, std::int64_t lifetime_days,
                               const std::string& created_by) {
  WYE_TRY(auto made, fresh(name, lifetime_days, created_by));
  WYE_CHECK(store_.add(made.record, hash_of(made.key)));
  return made;
}

Result<std::optional<NewKey>> ApiKeys::create_first(const std::string& name) {
  WYE_TRY(auto made, fresh(name, 0, ""));
  WYE_TRY(const bool first, store_.add_first(made.record, hash_of(made.key)));
  return first ? std::optional(std::move(made)) : std::optional<NewKey>();
}

Result<NewKey> ApiKeys::rotate(const std::string& id, std::int64_t grace_days,
                               std::optional<std::int64_t> lifetime_days, const std::string& created_by) {
  if (grace_days < 0 || grace_days > kMaxKeyLifetimeDays)
    return bad("expire_in_days must be from 0 to " + std::to_string(kMaxKeyLifetimeDays));
  if (lifetime_days && *lifetime_days != 0 && *lifetime_days < grace_days)
    return bad("days_to_expire must not be shorter than the grace of " + std::to_string(grace_days) +
               " days; set expire_in_days too");
  WYE_TRY(const auto old, store_.by_id(id));
  if (!old || old->deleted_at != 0) return no_such_key();
  WYE_TRY(auto made, fresh(old->name, lifetime_days.value_or(old->lifetime_days), created_by));
  const auto done =
      store_.replace(id, clock_.unix_micros() + grace_days * kDay, made.record, hash_of(made.key));
  ++revision_;  // also after an error: the change may be committed
  if (!done) return done.error();
  if (!*done) return no_such_key();
  return made;
}

Result<void> ApiKeys::rename(const std::string& id, const std::string& name) {
  WYE_CHECK(check_name(name));
  WYE_TRY(const bool done, store_.rename(id, name));
  if (!done) return no_such_key();
  return {};
}

Result<void> ApiKeys::revoke(const std::string& id) {
  const auto done = store_.remove(id, clock_.unix_micros());
  ++revision_;  // also after an error: the change may be committed
  if (!done) return done.error();
  if (!*done) return no_such_key();
  return {};
}

bool ApiKeys::usable(const ApiKey& key) const {
  return key.deleted_at == 0 && (key.expires_at == 0 || key.expires_at > clock_.unix_micros());
}

std::string ApiKeys::hash_of(std::string_view key) { return hex(sha256(key)); }

Result<std::optional<ApiKey>> ApiKeys::accept_hash(const std::string& hash) {
  WYE_TRY(auto known, store_.by_hash(hash));
  if (known && !usable(*known)) known.reset();
  return known;
}

Result<bool> ApiKeys::is_on_record(std::string_view key) {
  WYE_TRY(const auto known, store_.by_hash(hash_of(key)));
  return known.has_value();
}

Result<bool> ApiKeys::admit(const std::string& key, const std::string& name) {
  const auto hash = hash_of(key);
  WYE_TRY(const auto known, store_.by_hash(hash));
  if (known) return usable(*known);
  WYE_CHECK(store_.add(
      {.id = new_id(random_), .name = name, .masked = mask(key), .created_at = clock_.unix_micros()}, hash));
  return true;
}

}  // namespace wye::control
