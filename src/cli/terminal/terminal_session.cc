#include "cli/terminal/terminal_session.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "base/try.h"
#include "cli/terminal/escape_keys.h"
#include "cli/write_out.h"

namespace wye::cli {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr char kEndOfInput = '\x04';  // a terminal's character for it

/// Carries keys and sizes to the terminal, on a thread of its own; its outcome is read after that has ended.
class Input {
 public:
  Input(RemoteTerminal& remote, TerminalSignals& signals, std::stop_source& stop)
      : remote_(remote), signals_(signals), stop_(stop), over_(::eventfd(0, EFD_CLOEXEC)) {
    thread_ = std::thread([this] {
      const auto done = run();
      if (!done && !stop_.stop_requested()) end_.error = done.error();
      stop_.request_stop();  // ends the wait for output, too
    });
  }
  SessionEnd finish() {
    const std::uint64_t one = 1;
    (void)!::write(over_.get(), &one, sizeof one);
    stop_.request_stop();  // ends a call under way
    thread_.join();
    return end_;
  }

 private:
  Result<void> run() {
    for (;;) {
      std::array<pollfd, 3> waits{{{.fd = over_.get(), .events = POLLIN},
                                   {.fd = signals_.descriptor(), .events = POLLIN},
                                   {.fd = has_input_ ? STDIN_FILENO : -1, .events = POLLIN}}};
      if (::poll(waits.data(), waits.size(), -1) < 0) continue;
      if (waits[0].revents != 0) return {};
      if (waits[1].revents != 0) {
        WYE_CHECK(take_signal());
        if (end_.signal != 0) return {};
      }
      if (waits[2].revents != 0) WYE_CHECK(take_input());
      if (end_.has_left) return {};
    }
  }
  Result<void> take_signal() {
    while (const int number = signals_.next()) {
      if (number != SIGWINCH) {
        end_.signal = number;
        return {};
      }
      WYE_CHECK(remote_.resize(local_terminal_size()));
    }
    return {};
  }
  Result<void> take_input() {
    std::array<char, kPiece> piece;
    const auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (got <= 0) {
      has_input_ = false;
      // Within a line the character only hands the line over.
      return remote_.write(line_begins_ ? std::string(1, kEndOfInput) : std::string("\n") + kEndOfInput);
    }
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
    if (::isatty(STDIN_FILENO) == 0) {
      line_begins_ = bytes.back() == '\n';
      return remote_.write(bytes);
    }
    const auto typed = keys_.take(bytes);
    end_.has_left = typed.leave;
    return remote_.write(typed.bytes);
  }

  RemoteTerminal& remote_;
  TerminalSignals& signals_;
  std::stop_source& stop_;
  UniqueFd over_;
  EscapeKeys keys_;
  bool has_input_ = true;    // until its end
  bool line_begins_ = true;  // what was read last ended a line
  SessionEnd end_;
  std::thread thread_;
};

Result<void> print_output(RemoteTerminal& remote) {
  for (;;) {
    WYE_TRY(const auto piece, remote.read());
    if (!piece) return {};
    WYE_CHECK(write_out(*piece));
  }
}

}  // namespace

SessionEnd join_terminals(RemoteTerminal& remote, TerminalSignals& signals, std::stop_source& stop) {
  Input input(remote, signals, stop);
  const auto printed = print_output(remote);
  auto end = input.finish();
  if (!printed && printed.error().kind != ErrorKind::cancelled) end.error = printed.error();
  return end;
}

}  // namespace wye::cli
