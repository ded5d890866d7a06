#include "control/store/postgres/address.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace wye::control::postgres {
namespace {

// Parameters set for every connection; they override those of the URL.
const std::vector<DatabaseAddress::Parameter>& own_parameters() {
  static const std::vector<DatabaseAddress::Parameter> all{
      {"client_encoding", "UTF8"},
      {"fallback_application_name", "wye"},
      // Of several hosts, take the one that accepts writes. A standby would answer with old rows.
      {"target_session_attrs", "read-write"},
      // The kernel notices a peer that vanished without a word.
      {"keepalives_idle", "10"},
      {"keepalives_interval", "3"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"}};
  return all;
}

Error not_an_address() {
  return {.kind = ErrorKind::invalid,
          .code = "usage",
          .message = "the database is a URL: postgres://USER@HOST/DATABASE"};
}

}  // namespace

Result<DatabaseAddress> DatabaseAddress::parse(const std::string& url) {
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) return not_an_address();
  if (url.find('\0') != std::string::npos) return not_an_address();
  char* reason = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      ::PQconninfoParse(url.c_str(), &reason), ::PQconninfoFree);
  // libpq's reason quotes the text, and with it the password: it is not passed on.
  if (reason != nullptr) ::PQfreemem(reason);
  if (!options) return not_an_address();
  DatabaseAddress out;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string name = option->keyword;
    if (name == "password" && *option->val != '\0') out.has_password_ = true;
    const auto is_ours = [&](const Parameter& own) { return own.first == name; };
    if (std::any_of(own_parameters().begin(), own_parameters().end(), is_ours)) continue;
    out.parameters_.emplace_back(name, option->val);
  }
  out.parameters_.insert(out.parameters_.end(), own_parameters().begin(), own_parameters().end());
  return out;
}

std::string DatabaseAddress::value_of(const std::string& name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name) return value;
  return "";
}

std::string DatabaseAddress::text() const {
  auto host = value_of("host");
  if (host.empty()) host = value_of("hostaddr");
  const auto port = value_of("port"), database = value_of("dbname");
  return "postgres://" + (host.empty() ? "localhost" : host) + (port.empty() ? "" : ":" + port) + "/" +
         database;
}

DatabaseAddress DatabaseAddress::with_database(const std::string& name) const {
  auto out = *this;
  std::erase_if(out.parameters_, [](const Parameter& one) { return one.first == "dbname"; });
  out.parameters_.emplace_back("dbname", name);
  return out;
}

}  // namespace wye::control::postgres
