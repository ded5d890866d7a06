#include "control/stop_server.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/process_identity.h"
#include "base/random.h"
#include "base/try.h"
#include "control/data_dir.h"
#include "control/server_lock.h"

namespace wye::control {
namespace {

// Longer than a server takes at most: its requests, its browsers, itself (server.cc).
constexpr auto kServerEndsWithin = std::chrono::seconds(90);
constexpr int kTellEveryMs = 1000;

std::vector<std::string> sessions_in(const std::string& data_dir) {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator at(data_dir + "/sessions", error), end; !error && at != end;
       at.increment(error))
    if (auto id = at->path().filename().string(); is_id(id)) out.push_back(std::move(id));
  return out;
}

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
    const auto left = sessions_in(data_dir).size();
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

Result<std::size_t> end_browsers(const std::string& data_dir, host::Driver& driver,
                                 const std::function<void(const std::string&)>& progress) {
  std::size_t ended = 0;
  for (const auto& id : sessions_in(data_dir)) {
    const std::string directory = std::filesystem::path(data_dir) / "sessions" / id;
    if (!driver.runs(directory)) continue;
    progress("ending browser " + id);
    WYE_CHECK(driver.destroy(driver.find(id, directory)));
    ++ended;
  }
  return ended;
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
  WYE_TRY(const auto lock, lock_data_dir(data_dir));  // no server may start beside what follows
  WYE_TRY(out.browsers, end_browsers(data_dir, driver, progress));
  return out;
}

}  // namespace wye::control
