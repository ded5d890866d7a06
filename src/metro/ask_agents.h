#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "metro/session_directory.h"
#include "net/exchange.h"

namespace wye::metro {

struct AskLimits {
  std::size_t at_once = 16;
  std::size_t answer_bytes = 4 * 1024;
  std::chrono::milliseconds each{250};
  std::chrono::milliseconds all{500};  ///< Agents that were not asked by then count as silent.
};

/// The answer of a live session's agent. It has no body when the agent was silent, or answered another status
/// than 200.
struct AgentAnswer {
  std::string session_id;
  std::optional<std::string> body;
};

/// Asks the agents of these sessions for the same thing, some at once. Returns after `all` at the latest,
/// with one entry for each. The answers are hostile.
net::Task<std::vector<AgentAnswer>> ask_agents(boost::asio::io_context& io,
                                               std::vector<SessionDirectory::Live> sessions,
                                               std::string target, AskLimits limits = {});
/// Does the same for threads that may block: each call runs an event loop of its own.
[[nodiscard]] std::vector<AgentAnswer> ask_agents_and_wait(std::vector<SessionDirectory::Live> sessions,
                                                           std::string target, AskLimits limits = {});

}  // namespace wye::metro
