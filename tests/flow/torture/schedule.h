#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wye::torture {

/// The blows that parts of the platform may get.
enum class Blow {
  kill_chromium,
  kill_renderer,
  kill_zygote,
  kill_gpu,
  kill_utility,
  stop_chromium,
  stop_renderer,
  stop_gpu,
  kill_agent,
  stop_agent,
  kill_network_helper,
  stop_network_helper,
  kill_outer,  ///< Bubblewrap's process outside the VM.
  kill_server,
  end_server,  ///< SIGTERM.
  stop_server,
  kill_relay,
  stop_relay,
  kill_launcher,  ///< During a create that is begun for it.
  kill_launcher_and_server,
  fill_disk,
  shift_server_clock,
  shift_agent_clock,
  kill_database,
  stop_database,
};
[[nodiscard]] const char* name_of(Blow blow);
/// Tells whether Chromium may have lost pages or cookies through it.
[[nodiscard]] bool hurts_chromium(Blow blow);

struct PlannedBlow {
  int at_ms = 0;
  Blow blow = Blow::kill_agent;
  int browser = 0;  ///< The browser whose part it is.
  int for_ms = 0;   ///< How long it is stopped, full or down.
  int which = 0;    ///< Which of several processes of the kind; for a launch, how far it has come (ms).
  int shift_s = 0;  ///< For a clock.
};

/// The work of one browser's clients.
struct PlannedBrowser {
  int create_at_ms = 0;
  int posters = 1;
  int post_every_ms = 5;
  int payload_bytes = 100;
  bool resumes = false;   ///< Libwye resumes its stream; otherwise the test reads it raw and opens it again.
  int delete_at_ms = -1;  ///< −1: after the round's checks.
};

struct Round {
  std::uint64_t seed = 0;
  int number = 0;
  int work_ms = 0;
  bool restart_after = false;  ///< Restarts the server before the checks.
  std::vector<PlannedBrowser> browsers;
  std::vector<PlannedBlow> blows;  ///< In order of time.
};

enum class Load { mixed, telemetry };

/// Makes a round's schedule, which follows from seed, number and load alone. With a database it has the same
/// blows, and some at the database.
[[nodiscard]] Round plan_round(std::uint64_t seed, int number, Load load, bool database = false);
[[nodiscard]] std::string text_of(const Round& round);

}  // namespace wye::torture
