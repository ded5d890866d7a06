#include "control/stop_server.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/process_identity.h"
#include "base/try.h"
#include "control/data_dir.h"
#include "control/server_lock.h"
#include "host/left_vms.h"

namespace wye::control {
namespace {

// Longer than a server takes at most for its requests, its browsers and itself (server.cc).
constexpr auto kServerEndsWithin = std::chrono::seconds(90);
constexpr int kTellEveryMs = 1000;

Result<void> end_server(const RunningServer& server, const std::string& data_dir,
                        const std::function<void(const std::string&)>& progress) {
  if (::syscall(SYS_pidfd_send_signal, server.process.get(), end_with_browsers_signal(), nullptr, 0) != 0 &&
      errno != ESRCH)
    return Error{.kind = ErrorKind::denied,
                 .code = "not_permitted",
                 .message = "the server (process " + std::to_string(server.pid) +
                            ") cannot be signalled: " + std::strerror(errno)};
  const auto deadline = std::chrono::steady_clock::now() + kServerEndsWithin;
  for (std::size_t before = 0; !wait_dead(server.process.get(), kTellEveryMs);) {
    const auto left = host::places_in(data_dir).size();
    if (left != before) progress("the server ends its browsers: " + std::to_string(left) + " to go");
    before = left;
    if (std::chrono::steady_clock::now() > deadline)
      return Error{.kind = ErrorKind::timed_out,
                   .code = "server_does_not_end",
                   .message = "the server does not end; `kill -9 " + std::to_string(server.pid) +
                              "`, then run this again"};
  }
  return {};
}

}  // namespace

int end_with_browsers_signal() { return SIGUSR1; }

Result<Stopped> stop_server(const std::string& data_dir, host::Driver& driver,
                            const std::function<void(const std::string&)>& progress) {
  WYE_CHECK(check_data_dir(data_dir));
  Stopped out;
  if (const auto server = find_server(data_dir)) {
    out.server = true;
    WYE_CHECK(end_server(*server, data_dir, progress));
  } else if (server.error().kind != ErrorKind::not_found) {
    return server.error();
  }
  WYE_TRY(const auto lock, lock_data_dir(data_dir));  // no server may start meanwhile
  WYE_TRY(out.browsers, host::end_left_vms(data_dir, driver, [&progress](const host::VmPlace& place) {
            progress("ending browser " + place.session_id);
          }));
  return out;
}

}  // namespace wye::control
