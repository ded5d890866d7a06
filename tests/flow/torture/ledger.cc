#include "ledger.h"

#include <boost/json/serialize.hpp>

namespace wye::torture {

namespace json = boost::json;

std::string content_of(const json::value& envelope, std::int64_t* seq) {
  const auto* object = envelope.if_object();
  const auto* number = object != nullptr ? object->if_contains("seq") : nullptr;
  const auto* event = object != nullptr ? object->if_contains("event") : nullptr;
  if (number == nullptr || !number->is_int64() || event == nullptr || !event->is_object()) return {};
  *seq = number->get_int64();
  const auto& fields = event->get_object();
  std::string out;
  for (const auto* name : {"ts", "type", "category", "data"})
    if (const auto* value = fields.if_contains(name)) out += json::serialize(*value) + "|";
  return out;
}

void Ledger::created(int browser, const std::string& id) {
  const std::lock_guard lock(mutex_);
  of_browser_[browser] = id;
  sessions_[id];
}

void Ledger::told(const std::string& id, const json::value& envelope, const char* how) {
  std::int64_t seq = 0;
  const auto content = content_of(envelope, &seq);
  if (content.empty()) return violated(id + ": " + how + " told no envelope: " + json::serialize(envelope));
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = sessions_[id].records.emplace(seq, content);
  if (!fresh && at->second != content)
    violations_.push_back(id + ": seq " + std::to_string(seq) + " was used twice: " + at->second +
                          " and by " + how + " " + content);
}

void Ledger::over(const std::string& id) {
  const std::lock_guard lock(mutex_);
  sessions_[id].over = true;
}

void Ledger::violated(const std::string& what) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(what);
}

std::string Ledger::id_of(int browser) const {
  const std::lock_guard lock(mutex_);
  const auto found = of_browser_.find(browser);
  return found == of_browser_.end() ? "" : found->second;
}

std::set<std::string> Ledger::ids() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> out;
  for (const auto& [id, session] : sessions_) out.insert(id);
  return out;
}

Ledger::Records Ledger::records(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? Records() : found->second.records;
}

bool Ledger::is_over(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  return found != sessions_.end() && found->second.over;
}

std::vector<std::string> Ledger::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

}  // namespace wye::torture
