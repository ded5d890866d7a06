#include "vm/run_agent.h"

#include <filesystem>

#include "base/beneath.h"
#include "vm/agent.h"
#include "vm/chromium/configured_options.h"

namespace wye::vm {

int run_agent(const wire::AgentConfig& config, UniqueFd listener, UniqueFd spool_fd, const Clock& clock,
              const Log& log, ServiceLogs& logs) {
  auto spool = events::SpoolLog::open(spool_fd.get());
  if (!spool) {
    log.error("the spool cannot be opened", {{"reason", spool.error().message}});
    return 1;
  }
  const auto options = configured_options(config);
  for (const std::filesystem::path directory : {options.home, options.user_data_dir})
    if (const auto made = beneath::make_directory(directory.parent_path(), directory.filename(), 0700,
                                                  options.uid, options.gid);
        !made)
      log.warn("a directory cannot be given to the browser", {{"reason", made.error().message}});
  boost::asio::io_context io(1);
  Agent agent(io, config, std::move(*spool), clock, log, logs);
  const auto done = agent.run(listener.release());
  if (!done) log.error("the agent cannot serve", {{"reason", done.error().message}});
  return done ? 0 : 1;
}

}  // namespace wye::vm
