#include "host/vms.h"

#include <utility>

namespace wye::host {

bool Vms::add(const std::string& id, Vm vm) {
  const std::lock_guard lock(mutex_);
  return vms_.try_emplace(id, Entry{.vm = std::move(vm)}).second;
}

void Vms::set_record(const std::string& id, const std::string& record) {
  const std::lock_guard lock(mutex_);
  if (const auto found = vms_.find(id); found != vms_.end()) found->second.vm.record = record;
}

bool Vms::start(const std::string& id, const net::Endpoint& agent) {
  const std::lock_guard lock(mutex_);
  const auto found = vms_.find(id);
  if (found == vms_.end() || found->second.stage == Stage::ending) return false;
  found->second.vm.agent = agent;
  found->second.vm.ran = true;
  found->second.stage = Stage::running;
  return true;
}

bool Vms::begin_end(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = vms_.find(id);
  if (found == vms_.end() || found->second.stage == Stage::ending) return false;
  found->second.stage = Stage::ending;
  return true;
}

void Vms::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  vms_.erase(id);
}

bool Vms::runs(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = vms_.find(id);
  return found != vms_.end() && found->second.stage == Stage::running;
}

std::vector<std::string> Vms::running() const {
  std::vector<std::string> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : vms_)
    if (entry.stage == Stage::running) out.push_back(id);
  return out;
}

std::optional<Vms::Vm> Vms::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = vms_.find(id);
  if (found == vms_.end()) return std::nullopt;
  return found->second.vm;
}

}  // namespace wye::host
