#include "vm/process/process.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>

#include "base/try.h"

namespace wye::vm {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::uint64_t kMostBehind = OutputRing::kMost / 2;
constexpr auto kStalledAfter = std::chrono::seconds(1);

Error has_exited() {
  return {.kind = ErrorKind::invalid, .code = "process_exited", .message = "the process has exited"};
}

}  // namespace

Process::Process(asio::io_context& io, std::string id, std::string started_at,
                 std::unique_ptr<Command> command, bool has_terminal)
    : io_(io),
      id_(std::move(id)),
      started_at_(std::move(started_at)),
      command_(std::move(command)),
      has_terminal_(has_terminal),
      input_(io.get_executor()),
      changed_(io),
      moved_(io),
      input_free_(io),
      limit_(io, [this] { command_->kill(); }),
      asked_at_(steady_clock::now()) {}

void Process::follow(std::optional<std::chrono::seconds> timeout, std::function<void()> ended) {
  const auto self = shared_from_this();  // until `close()` or the end
  const auto read = [self](OutputStream stream) {
    return [self, stream](std::string_view bytes) {
      self->ring_.add(stream, bytes);
      self->changed_.notify();
    };
  };
  const OutputPipe::Pace pace = [self] { return self->pace(); };
  auto terminal = command_->take_terminal();
  auto input = command_->take_input();
  if (has_terminal_) input.reset(::fcntl(terminal.get(), F_DUPFD_CLOEXEC, 3));
  if (input) input_.assign(input.release());
  output_.emplace(io_, has_terminal_ ? std::move(terminal) : command_->take_output(),
                  read(OutputStream::output), pace);
  errors_.emplace(io_, command_->take_errors(), read(OutputStream::errors), pace);
  if (timeout) limit_.set(*timeout);
  asio::co_spawn(io_, wait(std::move(ended)), asio::detached);
}

net::Task<> Process::wait(std::function<void()> ended) {
  const auto self = shared_from_this();
  co_await command_->wait();
  limit_.cancel();
  boost::system::error_code ignored;
  input_.close(ignored);
  if (output_) output_->finish();
  if (errors_) errors_->finish();
  exit_code_ = command_->exit_code();
  changed_.notify();
  ended();
}

void Process::close() {
  limit_.cancel();
  command_->kill();
  output_.reset();
  errors_.reset();
  changed_.notify();
}

SpawnResponse Process::description() const {
  return {.process_id = id_, .pid = command_->pid(), .started_at = started_at_};
}

ProcessStatus Process::status() {
  if (exit_code_) return {.state = "exited", .exit_code = *exit_code_};
  const auto use = command_->use();
  const auto now = steady_clock::now();
  const std::chrono::duration<double> since = now - asked_at_, used = use.cpu - cpu_then_;
  ProcessStatus out{.state = "running", .mem_bytes = use.resident_bytes};
  if (since.count() > 0 && used.count() > 0) out.cpu_pct = 100 * used.count() / since.count();
  asked_at_ = now;
  cpu_then_ = use.cpu;
  return out;
}

void Process::signal(int number) { command_->signal(number); }

Result<void> Process::resize(TerminalSize size) {
  if (!has_terminal_)
    return Error{
        .kind = ErrorKind::invalid, .code = "not_a_terminal", .message = "the process has no terminal"};
  if (!input_.is_open()) return has_exited();
  const winsize window{size.rows, size.columns, 0, 0};
  ::ioctl(input_.native_handle(), TIOCSWINSZ, &window);
  return {};
}

net::Task<Result<std::size_t>> Process::write_input(std::string bytes, std::chrono::milliseconds within) {
  const auto self = shared_from_this();
  const auto until = steady_clock::now() + within;
  while (writes_ && steady_clock::now() < until) co_await input_free_.wait(until);
  if (!input_.is_open()) co_return has_exited();
  if (writes_) co_return std::size_t{0};
  struct Turn {
    Process& process;
    explicit Turn(Process& its) : process(its) { process.writes_ = true; }
    ~Turn() {
      process.writes_ = false;
      process.input_free_.notify();
    }
  } const turn(*this);
  net::LazyDeadline deadline(io_, [this] { input_.cancel(); });
  deadline.set(within);
  std::size_t written = 0;
  while (written < bytes.size() && input_.is_open()) {
    const auto wrote = ::write(input_.native_handle(), bytes.data() + written, bytes.size() - written);
    if (wrote > 0) written += static_cast<std::size_t>(wrote);
    if (wrote >= 0) continue;
    if (errno != EAGAIN && errno != EINTR) break;
    const auto [error] = co_await input_.async_wait(asio::posix::descriptor_base::wait_write, net::kAwait);
    if (error) co_return written;  // too long, or the process has ended
  }
  if (written > 0) co_return written;
  if (!input_.is_open()) co_return has_exited();
  co_return Error{
      .kind = ErrorKind::invalid, .code = "stdin_closed", .message = "the process has closed its input"};
}

std::shared_ptr<Process::Reader> Process::add_reader() {
  auto reader = std::make_shared<Reader>(Reader{.at = ring_.begin(), .moved = steady_clock::now()});
  readers_.push_back(reader);
  return reader;
}

void Process::move(Reader& reader, std::uint64_t at) {
  reader.at = at;
  reader.moved = steady_clock::now();
  if (at == ring_.end()) reader.stalled = false;
  moved_.notify();
}

bool Process::someone_is_behind() {
  bool behind = false;
  for (auto at = readers_.begin(); at != readers_.end();) {
    const auto reader = at->lock();
    if (!reader) {
      at = readers_.erase(at);
      continue;
    }
    if (ring_.end() - reader->at > kMostBehind && !reader->stalled) {
      reader->stalled = steady_clock::now() - reader->moved >= kStalledAfter;
      behind = behind || !reader->stalled;
    }
    ++at;
  }
  return behind;
}

net::Task<> Process::pace() {
  const auto self = shared_from_this();
  while (!exit_code_ && output_ && someone_is_behind())
    co_await moved_.wait(steady_clock::now() + kStalledAfter);
}

}  // namespace wye::vm
