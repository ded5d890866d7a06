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

/// What the agent of a live session said; nothing: it was silent, or said something else than 200.
struct AgentAnswer {
  std::string session_id;
  std::optional<std::string> body;
};

/// Asks every live session's agent for the same thing, some at once. Always returns after `all`, with one
/// entry for each. What comes back is hostile.
net::Task<std::vector<AgentAnswer>> ask_agents(boost::asio::io_context& io, const SessionDirectory& directory,
                                               std::string target, AskLimits limits = {});

}  // namespace wye::metro
