#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wye {

/// A command to run in a browser's VM until it ends (wire-api §6; docs/process.md). There is no shell, unless
/// it is the command.
struct ExecRequest {
  std::string command;                      ///< A path, or a name that is looked up in PATH.
  std::vector<std::string> args;            ///< Without the command itself.
  std::optional<std::string> cwd;           ///< Absolute. Absent: the user's home.
  std::map<std::string, std::string> env;   ///< Over the environment that every command gets.
  std::optional<std::string> as_user;       ///< A name, a uid or `uid:gid`. Absent: Chromium's user.
  std::optional<bool> as_root;              ///< Not together with `as_user`.
  std::optional<std::int64_t> timeout_sec;  ///< Seconds until it is killed, at least 1. Absent: never.
};

/// How it ended, and what it wrote.
struct ExecResponse {
  std::int64_t exit_code = 0;     ///< −1: a signal ended it.
  std::string stdout_b64;         ///< Base64; at most 64 MiB of output.
  std::string stderr_b64;         ///< Likewise.
  std::int64_t duration_ms = 0;   ///< Milliseconds.
  std::optional<bool> truncated;  ///< True when it wrote more than was kept.
};

/// A command that goes on running.
struct SpawnRequest {
  std::string command;                      ///< As in ExecRequest, like all that follow it.
  std::vector<std::string> args;            ///< Without the command itself.
  std::optional<std::string> cwd;           ///< Absolute. Absent: the user's home.
  std::map<std::string, std::string> env;   ///< Over the environment that every command gets.
  std::optional<std::string> as_user;       ///< A name, a uid or `uid:gid`. Absent: Chromium's user.
  std::optional<bool> as_root;              ///< Not together with `as_user`.
  std::optional<std::int64_t> timeout_sec;  ///< Seconds until it is killed, at least 1. Absent: never.
  std::optional<bool> allocate_tty;         ///< Whether it gets a terminal in place of pipes.
  std::optional<std::int64_t> rows;         ///< Of the terminal, 1–65535. Absent: 24.
  std::optional<std::int64_t> cols;         ///< Of the terminal, 1–65535. Absent: 80.
};

/// A spawned process.
struct SpawnResponse {
  std::string process_id;  ///< A UUID.
  std::int64_t pid = 0;    ///< In the VM.
  std::string started_at;  ///< RFC 3339, UTC.
};

/// The state of a spawned process.
struct ProcessStatus {
  std::string state;                      ///< `running` or `exited`.
  std::optional<std::int64_t> exit_code;  ///< Absent while it runs; −1: a signal ended it.
  double cpu_pct = 0;                     ///< Of one processor, since the status was last asked for.
  std::int64_t mem_bytes = 0;             ///< Resident memory.
};

/// Which of its two outputs a process wrote to. A terminal has only the first.
enum class ProcessStream : std::uint8_t { output, errors };
/// Returns the API's word: "stdout" or "stderr".
[[nodiscard]] std::string_view to_string(ProcessStream stream);

/// A piece of what a spawned process wrote, or its exit, which comes last.
struct ProcessOutput {
  ProcessStream stream = ProcessStream::output;  ///< Where it wrote the bytes.
  std::string bytes;                             ///< As they are; a piece may end within a character.
  std::optional<std::int64_t> exit_code;  ///< Set in the last one, without bytes; −1: a signal ended it.
};

/// The signals that a process can be sent.
enum class ProcessSignal : std::uint8_t { terminate, kill, interrupt, hang_up };
/// Returns the API's word: "TERM", "KILL", "INT" or "HUP".
[[nodiscard]] std::string_view to_string(ProcessSignal signal);

/// The size of a terminal, in characters, each 1–65535.
struct TerminalSize {
  std::int64_t rows = 24;
  std::int64_t cols = 80;
};

}  // namespace wye
