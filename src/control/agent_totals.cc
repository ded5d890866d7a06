#include "control/agent_totals.h"

#include <array>

#include "wire/json_codec.h"

namespace wye::control {

// Ignores unknown fields and is strict on ours.
std::optional<AgentTally::Numbers> AgentTally::read(const std::string& text) {
  const auto parsed = wire::parse_json(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  Numbers out;
  const std::array<std::pair<const char*, std::uint64_t*>, 5> fields{
      {{"events", &out.events},
       {"dropped", &out.dropped},
       {"sent", &out.sent},
       {"lost", &out.lost},
       {"chromium_restarts", &out.chromium_restarts}}};
  for (const auto& [name, number] : fields) {
    const auto* value = parsed->get_object().if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
    *number = static_cast<std::uint64_t>(value->get_int64());
  }
  return out;
}

bool AgentTally::count(const Numbers& before, const Numbers& now) {
  struct Step {
    std::uint64_t before, now;
    std::uint64_t* total;
  };
  const std::array<Step, 5> steps{
      {{before.events, now.events, &totals_.events},
       {before.dropped, now.dropped, &totals_.dropped},
       {before.sent, now.sent, &totals_.sent},
       {before.lost, now.lost, &totals_.lost},
       {before.chromium_restarts, now.chromium_restarts, &totals_.chromium_restarts}}};
  for (const auto& step : steps)
    if (step.now < step.before || step.now - step.before > kBelievable) return false;
  for (const auto& step : steps) *step.total += step.now - step.before;
  return true;
}

void AgentTally::add(const std::vector<Said>& round) {
  std::map<std::string, Numbers> now;
  for (const auto& said : round) {
    const auto before = last_.count(said.session_id) != 0 ? last_[said.session_id] : Numbers();
    now[said.session_id] = before;
    if (!said.text) {
      ++totals_.silent;
      continue;
    }
    const auto numbers = read(*said.text);
    if (!numbers || !count(before, *numbers)) {
      ++totals_.unbelievable;
      continue;
    }
    ++totals_.answered;
    now[said.session_id] = *numbers;
  }
  last_ = std::move(now);
}

}  // namespace wye::control
