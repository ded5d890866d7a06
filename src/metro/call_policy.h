#pragma once

#include <string_view>

#include "wire/vm_calls.h"

// Says how the metro treats a call to an agent, by the call's row in the table of VM calls and the place
// where it was asked. Pure.
namespace wye::metro {

using wire::Patience;
using wire::Use;

/// What happens to a call to a living session.
enum class Passage {
  forwarded,
  no_such_call,  ///< 404
  wrong_method,  ///< 405
  not_here,      ///< 501: the API has it, and this version has not.
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

/// Reads a call below a `base_url`. `tail` is as `decoded_tail` returns it.
[[nodiscard]] CallPolicy api_policy(std::string_view method, std::string_view tail,
                                    const wire::VmCalls& calls = wire::vm_calls());
/// Reads a call at the metro's own origin: `tail` begins with `browser/`.
[[nodiscard]] CallPolicy socket_policy(std::string_view method, std::string_view tail,
                                       const wire::VmCalls& calls = wire::vm_calls());
/// Reads a call below the control plane's `/browsers/{id}`.
[[nodiscard]] CallPolicy control_plane_policy(std::string_view method, std::string_view tail,
                                              const wire::VmCalls& calls = wire::vm_calls());

}  // namespace wye::metro
