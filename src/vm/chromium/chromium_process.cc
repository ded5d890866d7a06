#include "vm/chromium/chromium_process.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace wye::vm {
namespace {

Error failed(const char* what) {
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("Chromium cannot be started: ") + what + ": " + std::strerror(errno)};
}

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void become_chromium(const ChromiumOptions& options, int read_end, int write_end, int log,
                                  char* const* argv, char* const* envp) {
  ::setpgid(0, 0);
  // Chromium expects its DevTools pipe at 3 (reads) and 4 (writes): both descriptors are first moved out of
  // the way, then into place.
  const int in = ::fcntl(read_end, F_DUPFD, 10), out = ::fcntl(write_end, F_DUPFD, 10);
  if (in < 0 || out < 0 || ::dup2(in, 3) < 0 || ::dup2(out, 4) < 0) ::_exit(126);
  if (log >= 0) {
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
  }
  ::syscall(SYS_close_range, 5, ~0U, 0);
  if (options.gid >= 0 && (::setgroups(0, nullptr) != 0 && errno != EPERM)) ::_exit(126);
  if (options.gid >= 0 && ::setgid(static_cast<gid_t>(options.gid)) != 0) ::_exit(126);
  if (options.uid >= 0 && ::setuid(static_cast<uid_t>(options.uid)) != 0) ::_exit(126);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(argv[0], argv, envp);
  ::_exit(127);
}

}  // namespace

namespace {

// Chooses how a Chromium without a display draws. `--headless` puts "HeadlessChrome" into every User-Agent,
// and a `--user-agent` of ours would empty the client hints. What `--headless` draws with works without it,
// and then the browser uses its normal name in every process.
std::vector<std::string> display_arguments(const ChromiumOptions& options) {
  const auto width = std::to_string(options.width), height = std::to_string(options.height);
  // Without a given size, the screen is 800×600 and smaller than the window on it.
  if (!options.stealth) return {"--headless=new", "--screen-info={" + width + "x" + height + "}"};
  return {"--ozone-platform=headless", "--ozone-override-screen-size=" + width + "," + height,
          "--disable-print-preview",  // window.print() would wait for a dialog that nobody can close
          "--disable-blink-features=AutomationControlled"};
}

}  // namespace

std::vector<std::string> chromium_arguments(const ChromiumOptions& options) {
  std::vector<std::string> arguments{
      options.path,
      "--remote-debugging-pipe",
      "--remote-debugging-port=0",
      "--enable-unsafe-extension-debugging",  // Extensions.loadUnpacked on the pipe
      "--no-startup-window",
      "--no-first-run",
      "--no-default-browser-check",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-domain-reliability",
      "--disable-sync",
      "--disable-default-apps",
      "--disable-breakpad",
      "--disable-client-side-phishing-detection",
      "--disable-quic",
      ("--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,"
       "CertificateTransparencyComponentUpdater,InterestFeedContentSuggestions,"
       // The address bar's suggestions as pages of their own: each window loads two, in a renderer, just when
       // the first client wants its page (create to the first goto 572 to 442 ms). A native list shows them.
       "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"),
      // Claims a machine that is too slow for language models. Otherwise Chromium measures it three minutes
      // after its start, and keeps two processes (12 MB) for that.
      "--optimization-guide-performance-class=2",
      "--metrics-recording-only",
      "--no-pings",
      "--password-store=basic",
      "--use-mock-keychain",
      "--disable-gpu",
      "--window-size=" + std::to_string(options.width) + "," + std::to_string(options.height),
      "--user-data-dir=" + options.user_data_dir,
  };
  auto display = display_arguments(options);
  std::move(display.begin(), display.end(), std::back_inserter(arguments));
  return arguments;
}

Result<ChromiumProcess> start_chromium(const ChromiumOptions& options) {
  std::array<int, 2> to{}, from{};
  if (::pipe2(to.data(), O_CLOEXEC) != 0) return failed("pipe");
  UniqueFd read_end(to[0]);
  ChromiumProcess process;
  process.to_chromium.reset(to[1]);
  if (::pipe2(from.data(), O_CLOEXEC) != 0) return failed("pipe");
  process.from_chromium.reset(from[0]);
  UniqueFd write_end(from[1]);

  auto arguments = chromium_arguments(options);
  std::vector<char*> argv;
  for (auto& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> environment{"HOME=" + options.home,
                                       "PATH=/usr/local/bin:/usr/bin:/bin",
                                       "LANG=C.UTF-8",
                                       "TMPDIR=/tmp",
                                       "XDG_CONFIG_HOME=" + options.home + "/.config",
                                       "XDG_CACHE_HOME=" + options.home + "/.cache"};
  std::vector<char*> envp;
  for (auto& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);

  // Chromium's output may name pages, so it must not be mixed with the agent's, which the host keeps.
  UniqueFd output(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (std::array<int, 2> ends{}; options.keeps_output && ::pipe2(ends.data(), O_CLOEXEC) == 0) {
    process.output.reset(ends[0]);
    output.reset(ends[1]);
    ::fcntl(process.output.get(), F_SETFL, O_NONBLOCK);
  }
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork");
  if (pid == 0)
    become_chromium(options, read_end.get(), write_end.get(), output.get(), argv.data(), envp.data());
  process.pid = pid;
  process.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.pidfd) {
    ::kill(pid, SIGKILL);
    return failed("pidfd_open");
  }
  for (const int fd : {process.to_chromium.get(), process.from_chromium.get()})
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return process;
}

}  // namespace wye::vm
