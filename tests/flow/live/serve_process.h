#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace wye::live {

/// The real `wye serve` as a child process, on free ports, with its own data directory.
class ServeProcess {
 public:
  struct Options {
    std::string data_dir;      ///< "" makes one, which is removed at the end.
    std::string metro_url;     ///< The URL given to clients; "" = the metro itself.
    std::string metro_listen;  ///< "" = a free port.
    std::string listen = "127.0.0.1:0";
    std::vector<std::string> extra_args;
    std::string first;  ///< Shell commands that run before the server in its process, such as limits.
    std::vector<std::string> environment;  ///< `NAME=value`, added.
  };
  explicit ServeProcess(Options options);
  ~ServeProcess();
  ServeProcess(const ServeProcess&) = delete;

  [[nodiscard]] const std::string& base_url() const { return base_url_; }
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const std::string& api_key() const { return api_key_; }
  [[nodiscard]] const std::string& data_dir() const { return options_.data_dir; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Returns everything that it has printed so far, on both streams.
  [[nodiscard]] std::string output() const;

  /// Sends SIGTERM and waits; returns the exit status.
  int stop();
  /// Sends SIGKILL and waits.
  void kill();
  /// Starts again on the same data directory and metro address, after `stop` or `kill`.
  void start();
  /// SIGKILL, then `start`.
  void restart();

 private:
  void wait_until_ready(int stdout_fd);

  Options options_;
  bool owns_data_dir_ = false;
  std::string api_key_ = "sk_live_test_0123456789abcdef";
  std::string base_url_;
  std::string output_path_;
  pid_t pid_ = -1;
};

/// Returns the pid 1 (in the host's view) of a live session's VM, found in /proc by its agent's listening
/// socket; 0 when there is none.
[[nodiscard]] pid_t find_agent(const ServeProcess& server, const std::string& session_id);

/// Returns the Chromium of an agent: its child that leads a process group; 0 when there is none.
[[nodiscard]] pid_t find_chromium(pid_t agent);
/// Returns the processes from which it forks renderers.
[[nodiscard]] std::vector<pid_t> find_zygotes(pid_t chromium);
/// Returns the renderers in an agent's VM that were started with the flag.
[[nodiscard]] std::vector<pid_t> find_renderers(pid_t agent, const std::string& flag);

}  // namespace wye::live
