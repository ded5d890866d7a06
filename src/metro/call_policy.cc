#include "metro/call_policy.h"

namespace wye::metro {
namespace {

using wire::Reach;

Passage passage_of(const wire::VmCalls::Found& found, Reach here) {
  if (found.other == nullptr) return Passage::no_such_call;
  if (found.other->reach != here && found.other->reach != Reach::anywhere) return Passage::no_such_call;
  return found.call == nullptr ? Passage::wrong_method : Passage::forwarded;
}

CallPolicy policy_at(Reach here, std::string_view method, std::string_view tail, const wire::VmCalls& calls) {
  const auto found = calls.find(method, tail);
  CallPolicy policy;
  policy.passage = passage_of(found, here);
  policy.registry_tail = found.in_registry;
  if (found.call == nullptr) return policy;
  const auto& call = *found.call;
  policy.patience = call.patience;
  policy.use = call.use;
  policy.may_have_run = call.repeats;
  policy.sets_telemetry = call.sets_telemetry;
  policy.archive_tail = call.archived;
  policy.carries_authorization = call.raw;
  policy.lists_targets = call.lists_targets;
  return policy;
}

}  // namespace

CallPolicy api_policy(std::string_view method, std::string_view tail, const wire::VmCalls& calls) {
  return policy_at(Reach::base_url, method, tail, calls);
}

CallPolicy socket_policy(std::string_view method, std::string_view tail, const wire::VmCalls& calls) {
  return policy_at(Reach::own_origin, method, tail, calls);
}

CallPolicy control_plane_policy(std::string_view method, std::string_view tail, const wire::VmCalls& calls) {
  return policy_at(Reach::control_plane, method, tail, calls);
}

}  // namespace wye::metro
