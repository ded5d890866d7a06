#include "cli/terminal/local_terminal.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace wye::cli {

RawMode::RawMode() {
  termios now{};
  if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &now) != 0) return;
  before_ = now;
  ::cfmakeraw(&now);
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
}

RawMode::~RawMode() {
  if (before_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &*before_);
}

TerminalSize local_terminal_size() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO}) {
    winsize window{};
    if (::ioctl(descriptor, TIOCGWINSZ, &window) == 0 && window.ws_row > 0 && window.ws_col > 0)
      return {.rows = window.ws_row, .cols = window.ws_col};
  }
  return {};
}

TerminalSignals::TerminalSignals() {
  sigset_t heard;
  sigemptyset(&heard);
  for (const int number : {SIGWINCH, SIGTERM, SIGHUP, SIGINT}) sigaddset(&heard, number);
  ::pthread_sigmask(SIG_BLOCK, &heard, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a closed output is an error of the write, and the terminal is still restored
  descriptor_.reset(::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK));
}

int TerminalSignals::next() {
  signalfd_siginfo signal{};
  return ::read(descriptor_.get(), &signal, sizeof signal) == sizeof signal
             ? static_cast<int>(signal.ssi_signo)
             : 0;
}

}  // namespace wye::cli
