#include "cli/exit_code.h"

#include "cli/output.h"

namespace wye::cli {
namespace {

constexpr int kSignalled = 255, kNotFound = 127, kNotExecutable = 126, kFailed = 125, kTimedOut = 124;

}  // namespace

// Keeps the last eight bits, like a shell, and makes no success of a failure by that.
int exit_code_of(std::int64_t code) {
  if (code < 0) return kSignalled;
  const auto low = static_cast<int>(code & 0xff);
  return code > 0 && low == 0 ? 1 : low;
}

int fail_of_command(const Error& error) {
  fail(error);
  if (error.code == "command_not_found") return kNotFound;
  if (error.code == "not_executable") return kNotExecutable;
  if (error.code == "process_timed_out") return kTimedOut;
  return kFailed;
}

}  // namespace wye::cli
