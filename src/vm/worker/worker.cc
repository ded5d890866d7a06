#include "vm/worker/worker.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>

#include "base/try.h"
#include "net/socket.h"
#include "net/wakeup.h"

namespace wye::vm {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMostDrained = 1u << 20;  // at once: a program may write as fast as we read
constexpr auto kAllEndWithin = std::chrono::seconds(2);

std::string end_text(int status) {
  constexpr int kSignal = 128;
  if (WIFSIGNALED(status)) return "its process was killed by signal " + std::to_string(WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  if (code == kSignal + SIGKILL) return "its process was killed; it may have used too much memory";
  if (code == kSignal + SIGABRT || code == kSignal + SIGTRAP)
    return "its process ran out of memory, or broke off";
  if (code > kSignal) return "its process was killed by signal " + std::to_string(code - kSignal);
  return "its process ended with exit code " + std::to_string(code);
}

}  // namespace

struct Worker::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& context, WorkerProcess process, Listener told)
      : io(context),
        pid(process.pid),
        death(io.get_executor(), process.pidfd.release()),
        commands(io.get_executor(), process.commands.release()),
        answers(io.get_executor(), process.answers.release()),
        out(io.get_executor(), process.out.release()),
        err(io.get_executor(), process.err.release()),
        listener(std::move(told)),
        changed(context) {}

  asio::io_context& io;
  const pid_t pid;
  Descriptor death, commands, answers, out, err;
  Listener listener;
  net::Wakeup changed;
  FrameReader reader{kLargestAnswer};
  std::string unsent, sending, why;
  bool is_sending = false, is_reaped = false;
  int open_pipes = 3;  // that something may still write to

  // Gives bytes of one output to the listener; false at its end.
  bool take(Descriptor& from, bool is_error, std::size_t most) {
    std::array<char, kPiece> piece;
    for (std::size_t taken = 0; taken < most;) {
      const auto got = ::read(from.native_handle(), piece.data(), piece.size());
      if (got == 0) return false;
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      taken += static_cast<std::size_t>(got);
      if (listener.output) listener.output(is_error, {piece.data(), static_cast<std::size_t>(got)});
    }
    return true;
  }

  static net::Task<> read_output(std::shared_ptr<Impl> self, bool is_error) {
    auto& from = is_error ? self->err : self->out;
    for (;;) {
      const auto [error] = co_await from.async_wait(asio::posix::descriptor_base::wait_read, net::kAwait);
      const bool goes_on = !error && self->take(from, is_error, kPiece);
      if (!goes_on) break;
    }
    --self->open_pipes;
    self->changed.notify();
  }

  // Hands the frames on that are whole.
  Result<void> take_frames() {
    for (;;) {
      WYE_TRY(auto frame, reader.next());
      if (!frame) return {};
      if (listener.frame) listener.frame(std::move(*frame));
    }
  }

  static net::Task<> read_answers(std::shared_ptr<Impl> self) {
    const auto piece = std::make_unique<std::array<char, kPiece>>();
    for (;;) {
      const auto [error, got] = co_await self->answers.async_read_some(asio::buffer(*piece), net::kAwait);
      if (error) break;
      self->reader.add({piece->data(), got});
      const auto taken = self->take_frames();
      if (taken) continue;
      self->end("its process broke the worker's protocol: " + taken.error().message);
      break;
    }
    --self->open_pipes;
    self->changed.notify();
  }

  static net::Task<> write_commands(std::shared_ptr<Impl> self) {
    while (!self->unsent.empty()) {
      self->sending = std::exchange(self->unsent, {});
      const auto [error, sent] =
          co_await asio::async_write(self->commands, asio::buffer(self->sending), net::kAwait);
      self->sending.clear();
      if (error) self->unsent.clear();
    }
    self->is_sending = false;
  }

  void end(std::string reason) {
    if (why.empty()) why = std::move(reason);
    if (is_reaped) return;
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);  // while it has no group of its own yet
  }

  // The confinement's end is not the end of what it confines: that follows within moments, and closes the
  // pipes.
  static net::Task<> watch_end(std::shared_ptr<Impl> self) {
    co_await self->death.async_wait(asio::posix::descriptor_base::wait_read, net::kAwait);
    self->is_reaped = true;
    int status = 0;
    ::waitpid(self->pid, &status, 0);
    const auto until = net::Wakeup::Clock::now() + kAllEndWithin;
    while (self->open_pipes > 0 && net::Wakeup::Clock::now() < until) co_await self->changed.wait(until);
    boost::system::error_code none;
    for (auto* pipe : {&self->answers, &self->out, &self->err, &self->commands}) pipe->close(none);
    if (self->why.empty()) self->why = end_text(status);
    const auto told = std::exchange(self->listener, {});
    if (told.ended) told.ended(self->why);
  }
};

Worker::Worker(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Worker::~Worker() {
  impl_->listener = {};
  impl_->end("nobody needs it");
}

Result<std::unique_ptr<Worker>> Worker::start(asio::io_context& io, const WorkerOptions& options,
                                              const std::string& program, Listener listener) {
  WYE_CHECK(check_node(options));
  WYE_TRY(auto process, start_worker(options, program));
  auto impl = std::make_shared<Impl>(io, std::move(process), std::move(listener));
  asio::co_spawn(io, Impl::read_answers(impl), asio::detached);
  for (const bool is_error : {false, true})
    asio::co_spawn(io, Impl::read_output(impl, is_error), asio::detached);
  asio::co_spawn(io, Impl::watch_end(impl), asio::detached);
  return std::unique_ptr<Worker>(new Worker(std::move(impl)));
}

void Worker::send(std::string_view kind, std::string_view body) {
  auto& self = *impl_;
  if (self.unsent.size() + self.sending.size() + body.size() > kLargestCommands)
    return self.end("its process reads no commands");
  self.unsent += frame_text(kind, body);
  if (std::exchange(self.is_sending, true)) return;
  asio::co_spawn(self.io, Impl::write_commands(impl_), asio::detached);
}

void Worker::drain() {
  if (impl_->out.is_open()) impl_->take(impl_->out, false, kMostDrained);
  if (impl_->err.is_open()) impl_->take(impl_->err, true, kMostDrained);
}

void Worker::kill(std::string why) { impl_->end(std::move(why)); }
pid_t Worker::pid() const { return impl_->pid; }

}  // namespace wye::vm
