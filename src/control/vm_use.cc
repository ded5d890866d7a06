#include "control/vm_use.h"

#include <algorithm>

#include "metro/ask_agents.h"
#include "wire/agent_paths.h"
#include "wire/json_codec.h"

namespace wye::control {
namespace {

using Live = metro::SessionDirectory::Live;

constexpr std::int64_t kLongestAgo = 366LL * 24 * 3600 * 1000;

}  // namespace

VmUseSaid read_vm_use(const std::string& counters) {
  const auto parsed = wire::parse_json(counters);
  if (!parsed || !parsed->is_object()) return {};
  const auto number = [&](const char* name) -> std::int64_t {
    const auto* value = parsed->get_object().if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : -1;
  };
  VmUseSaid out{.runs = number("processes") > 0, .ended_before = {}};
  const auto ago = number("process_ended_ms");
  if (ago >= 0 && ago <= kLongestAgo) out.ended_before = std::chrono::milliseconds(ago);
  return out;
}

std::set<std::string> VmUse::ask(std::vector<Live> idle) {
  std::set<std::string> may_expire;
  std::erase_if(silent_since_, [&](const auto& silent) {
    return std::none_of(idle.begin(), idle.end(), [&](const Live& one) { return one.id == silent.first; });
  });
  if (idle.empty()) return may_expire;
  for (const auto& answer : metro::ask_agents_and_wait(std::move(idle), wire::kAgentCounters)) {
    if (!answer.body && !silent_for_long(answer.session_id)) continue;
    if (answer.body) take(answer.session_id, read_vm_use(*answer.body));
    silent_since_.erase(answer.session_id);
    may_expire.insert(answer.session_id);
  }
  return may_expire;
}

void VmUse::take(const std::string& id, const VmUseSaid& said) {
  const auto now = clock_.steady();
  if (said.runs)
    directory_.touch(id, now);
  else if (said.ended_before)
    directory_.touch(id, now - *said.ended_before);
}

bool VmUse::silent_for_long(const std::string& id) {
  const auto since = silent_since_.try_emplace(id, clock_.steady()).first->second;
  return clock_.steady() - since >= kSilentAtMost;
}

}  // namespace wye::control
