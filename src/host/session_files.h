#pragma once

#include <string>

namespace wye::host {

/// Returns the directory below which each session has its own.
[[nodiscard]] inline std::string sessions_in(const std::string& data_dir) { return data_dir + "/sessions"; }

/// A session's files on this machine.
struct SessionFiles {
  SessionFiles(const std::string& data_dir, const std::string& id)
      : directory(sessions_in(data_dir) + "/" + id) {}
  const std::string directory;
  [[nodiscard]] std::string spool() const { return directory + "/spool"; }
  [[nodiscard]] std::string log() const { return directory + "/agent.log"; }
};

}  // namespace wye::host
