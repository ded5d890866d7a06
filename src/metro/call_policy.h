#pragma once

#include <string_view>

#include "wire/vm_calls.h"

// How the metro treats a call to an agent: the row of the table of VM calls, read for the place it was asked
// at. Pure.
namespace wye::metro {

using wire::Patience;
using wire::Use;

/// What becomes of a call to a living session.
enum class Passage {
  forwarded,
  no_such_call,  ///< 404
  wrong_method,  ///< 405
  not_here,      ///< 501: the API has it, and this metro has not.
};

struct CallPolicy {
  Passage passage = Passage::no_such_call;
  Patience patience = Patience::ordinary;
  Use use = Use::hold;
  bool may_have_run = false;           ///< A lost answer must not be tried again (`x-should-retry: false`).
  bool registry_tail = false;          ///< A 404 of the VM's must not say `browser_gone`.
  bool sets_telemetry = false;         ///< The Browser object follows a successful answer.
  bool archive_tail = false;           ///< Pages older than the spool come from the archive.
  bool carries_authorization = false;  ///< A raw fetch: the field belongs to the target.
  bool lists_targets = false;          ///< URLs in the answer get the JWT.
};

/// Below a `base_url`. `tail` as `decoded_tail` gives it.
[[nodiscard]] CallPolicy api_policy(std::string_view method, std::string_view tail,
                                    const wire::VmCalls& calls = wire::vm_calls());
/// At the metro's own origin: `tail` begins with `browser/`.
[[nodiscard]] CallPolicy socket_policy(std::string_view method, std::string_view tail,
                                       const wire::VmCalls& calls = wire::vm_calls());
/// Below the control plane's `/browsers/{id}`.
[[nodiscard]] CallPolicy control_plane_policy(std::string_view method, std::string_view tail,
                                              const wire::VmCalls& calls = wire::vm_calls());

}  // namespace wye::metro
