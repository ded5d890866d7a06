#include "wire/agent_config.h"

#include "base/random.h"
#include "wire/describe.h"

namespace wye::wire {

BOOST_DESCRIBE_STRUCT(AgentConfig, (),
                      (session_id, stealth, viewport, start_url, telemetry, chromium_path, chromium_uid,
                       chromium_gid, home, log_level, alone_seconds))

Result<AgentConfig> parse_agent_config(std::string_view text) {
  auto config = from_text<AgentConfig>(text);
  if (config && !is_id(config->session_id))
    return Error{
        .kind = ErrorKind::invalid, .code = "bad_request", .message = "session_id is missing or not an id"};
  return config;
}

std::string agent_config_text(const AgentConfig& config) { return to_text(config); }

}  // namespace wye::wire
