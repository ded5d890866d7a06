#pragma once

#include <boost/describe/class.hpp>

#include "wire/json_codec.h"
#include "wye/process.h"

// The bodies of the calls about processes, described for both directions (wire-api §6).
namespace wye {

BOOST_DESCRIBE_STRUCT(ExecRequest, (), (command, args, cwd, env, as_user, as_root, timeout_sec))
BOOST_DESCRIBE_STRUCT(ExecResponse, (), (exit_code, stdout_b64, stderr_b64, duration_ms, truncated))
BOOST_DESCRIBE_STRUCT(SpawnRequest, (),
                      (command, args, cwd, env, as_user, as_root, timeout_sec, allocate_tty, rows, cols))
BOOST_DESCRIBE_STRUCT(SpawnResponse, (), (process_id, pid, started_at))
BOOST_DESCRIBE_STRUCT(ProcessStatus, (), (state, exit_code, cpu_pct, mem_bytes))

namespace wire {

struct StdinRequest {
  std::string data_b64;
};
BOOST_DESCRIBE_STRUCT(StdinRequest, (), (data_b64))
struct StdinResponse {
  std::int64_t written_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(StdinResponse, (), (written_bytes))
struct KillRequest {
  std::string signal;
};
BOOST_DESCRIBE_STRUCT(KillRequest, (), (signal))
struct ResizeRequest {
  std::optional<std::int64_t> rows, cols;
};
BOOST_DESCRIBE_STRUCT(ResizeRequest, (), (rows, cols))
/// A client's text message to the terminal that it is attached to.
struct AttachMessage {
  std::string type;
  std::optional<std::int64_t> rows, cols;
};
BOOST_DESCRIBE_STRUCT(AttachMessage, (), (type, rows, cols))

/// An event of `stdout/stream`: bytes of a stream, or `event: "exit"` with the code.
struct OutputFrame {
  std::optional<std::string> stream, data_b64, event;
  std::optional<std::int64_t> exit_code;
};
BOOST_DESCRIBE_STRUCT(OutputFrame, (), (stream, data_b64, event, exit_code))
}  // namespace wire
}  // namespace wye
