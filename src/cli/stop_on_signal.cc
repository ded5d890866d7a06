#include "cli/stop_on_signal.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace wye::cli {
namespace {

constexpr int kSignalBase = 128;  // as shells tell it

// A shell lets what runs in the background ignore Ctrl-C, and nohup the end of a terminal.
bool is_ignored(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

StopOnSignal::StopOnSignal() {
  sigset_t heard;
  sigemptyset(&heard);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(number)) sigaddset(&heard, number);
  ::pthread_sigmask(SIG_BLOCK, &heard, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a closed output is an error of the write, and a command still cleans up
  signals_.reset(::signalfd(-1, &heard, SFD_CLOEXEC));
  over_.reset(::eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { wait(); });
}

StopOnSignal::~StopOnSignal() {
  const std::uint64_t one = 1;
  (void)!::write(over_.get(), &one, sizeof one);
  thread_.join();
}

void StopOnSignal::wait() {
  std::array<pollfd, 2> waits{
      {{.fd = over_.get(), .events = POLLIN}, {.fd = signals_.get(), .events = POLLIN}}};
  while (::poll(waits.data(), waits.size(), -1) < 0) {
  }
  signalfd_siginfo signal{};
  if (waits[1].revents == 0 || ::read(signals_.get(), &signal, sizeof signal) != sizeof signal) return;
  signal_ = static_cast<int>(signal.ssi_signo);
  stop_.request_stop();
  // A second one ends the process as ever: this thread takes it.
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  waits[1].fd = -1;
  while (::poll(waits.data(), waits.size(), -1) < 0) {
  }
}

int StopOnSignal::exit_code() const { return signal_ == 0 ? 0 : kSignalBase + signal_; }

}  // namespace wye::cli
