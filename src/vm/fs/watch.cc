#include "vm/fs/watch.h"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstring>

#include "base/encoding.h"
#include "base/try.h"
#include "net/socket.h"
#include "vm/fs/file_error.h"
#include "wire/describe_files.h"

namespace wye::vm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kKeepalive = std::chrono::seconds(15), kPatience = std::chrono::seconds(5);
constexpr std::size_t kMaxTold = kMaxInside, kMaxToldBytes = 4u << 20;
constexpr std::size_t kBlock = 256 * 1024;  // of frames in one write
// At most half as many events as are kept come with one read: a reader who is not behind loses none of them.
constexpr std::size_t kSmallestEvent = sizeof(inotify_event) + 16, kRead = Watch::kKept / 2 * kSmallestEvent;

std::string joined(const std::string& directory, std::string_view name) {
  if (name.empty()) return directory;
  return directory == "/" ? directory + std::string(name) : directory + '/' + std::string(name);
}

struct Event {
  int wd;
  std::uint32_t what;
  std::string_view name;
  std::size_t size;  // of the whole event in the buffer
};
Event event_at(std::string_view bytes) {
  inotify_event head;
  std::memcpy(&head, bytes.data(), sizeof head);
  const auto* const name = bytes.data() + sizeof head;
  return {head.wd, head.mask, {name, ::strnlen(name, head.len)}, sizeof head + head.len};
}

std::string dropped(std::int64_t events) { return ": dropped " + std::to_string(events) + "\n\n"; }

}  // namespace

Watch::Watch(boost::asio::io_context& io, FileThreads& threads, VmPath path, bool recursive, UniqueFd inotify)
    : threads_(threads),
      root_(std::move(path)),
      recursive_(recursive),
      inotify_(std::make_shared<UniqueFd>(std::move(inotify))),
      events_(io.get_executor(), ::fcntl(inotify_->get(), F_DUPFD_CLOEXEC, 0)),
      changed_(io),
      caught_up_(io) {}

net::Task<Result<std::shared_ptr<Watch>>> Watch::start(boost::asio::io_context& io, FileThreads& threads,
                                                       VmPath path, bool recursive) {
  UniqueFd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify) co_return bad_file_request("too_many", "the browser cannot have another watch");
  const std::shared_ptr<Watch> watch(new Watch(io, threads, path, recursive, std::move(inotify)));
  WYE_CO_TRY(const auto added [[maybe_unused]], co_await watch->add(std::move(path)));
  // What was there before is nothing new.
  watch->told_.clear();
  watch->kept_.clear();
  watch->told_bytes_ = watch->kept_bytes_ = 0;
  watch->gone_frames_ = watch->gone_events_ = 0;
  boost::asio::co_spawn(
      io, [watch]() -> net::Task<> { co_await watch->read_events(); }, boost::asio::detached);
  co_return watch;
}

// Watches what is new there, and tells what is in it.
net::Task<Result<bool>> Watch::add(VmPath path) {
  // What is known already is found again by a second look and takes no room.
  std::function<Result<std::vector<Watched>>()> work = [inotify = inotify_, path = std::move(path),
                                                        recursive = recursive_] {
    return watch_directories(*inotify, path, recursive, kMaxWatchedDirectories);
  };
  WYE_CO_TRY(const auto found, co_await threads_.run(std::move(work)));
  for (const auto& one : found) {
    const auto [entry, is_new] = paths_.emplace(one.wd, one.path);
    if (!is_new && entry->second == one.path) continue;
    entry->second = one.path;
    for (const auto& inside : one.inside) {
      const auto below = joined(one.path, inside.name);
      if (told_now(below)) tell("CREATE", below, inside.is_dir);
    }
    if (one.more > 0) lose(one.more);
  }
  if (paths_.size() > kMaxWatchedDirectories) co_return bad_file_request("too_many", "too many directories");
  co_return true;
}

net::Task<> Watch::read_events() {
  alignas(inotify_event) std::array<char, kRead> buffer;
  for (;;) {
    co_await let_catch_up();
    if (ended_) co_return;
    const auto [error, got] = co_await events_.async_read_some(boost::asio::buffer(buffer), net::kAwait);
    if (error || ended_) co_return;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= got;) {
      const auto event = event_at({buffer.data() + at, got - at});
      at += event.size;
      co_await take(event.wd, event.what, event.name);
      if (ended_) co_return;
    }
  }
}

net::Task<> Watch::take(int wd, std::uint32_t what, std::string_view name) {
  if ((what & IN_Q_OVERFLOW) != 0) {
    // Nobody knows how many; directories among them are found by looking again.
    lose(1);
    const auto again = co_await add(root_);
    if (!again) lose(1);
    co_return;
  }
  const auto found = paths_.find(wd);
  if (found == paths_.end() || is_hidden_name(name)) co_return;
  const auto path = joined(found->second, name);
  const bool is_dir = (what & IN_ISDIR) != 0, is_root = name.empty() && path == root_.text();
  if ((what & IN_IGNORED) != 0) {
    paths_.erase(found);
  } else if ((what & (IN_CREATE | IN_MOVED_TO)) != 0) {
    const bool told = told_.erase(path) > 0;
    if (told_.empty()) told_bytes_ = 0;
    if (!told) tell("CREATE", path, is_dir);
    if (!is_dir || !recursive_) co_return;
    const auto added = co_await add(VmPath::home_of(path));
    // A directory that is gone again has told all that it had to.
    if (!added && added.error().code == "too_many") lose(1);
  } else if ((what & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    told_.erase(path);
    if ((what & IN_MOVED_FROM) != 0 && is_dir) forget_below(path);
    tell((what & IN_DELETE) != 0 ? "DELETE" : "RENAME", path, is_dir);
  } else if ((what & IN_MODIFY) != 0) {
    tell("WRITE", path, is_dir);
  } else if (is_root && (what & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
    tell((what & IN_DELETE_SELF) != 0 ? "DELETE" : "RENAME", path, is_dir);
  }
}

// A directory that was moved has another path, or none: it is watched again where it appears.
void Watch::forget_below(const std::string& path) {
  for (auto at = paths_.begin(); at != paths_.end();) {
    if (at->second == path || at->second.starts_with(path + '/')) {
      ::inotify_rm_watch(inotify_->get(), at->first);
      at = paths_.erase(at);
    } else {
      ++at;
    }
  }
}

// Notes that this is told before its own event; false when it was already.
bool Watch::told_now(const std::string& path) {
  if (told_.size() >= kMaxTold || told_bytes_ > kMaxToldBytes) {
    told_.clear();
    told_bytes_ = 0;
  }
  told_bytes_ += path.size();
  return told_.insert(path).second;
}

void Watch::tell(const char* type, const std::string& path, bool is_dir) {
  const auto slash = path.rfind('/');
  const FileEvent event{.type = type,
                        .path = utf8_decode(path),
                        .name = utf8_decode(std::string_view(path).substr(slash + 1)),
                        .is_dir = is_dir};
  keep({.text = "data: " + wire::to_text(event) + "\n\n"});
}

void Watch::lose(std::int64_t events) { keep({.text = dropped(events), .events = events}); }

void Watch::keep(Frame frame) {
  kept_bytes_ += frame.text.size();
  kept_.push_back(std::move(frame));
  while (kept_.size() > kKept || kept_bytes_ > kKeptBytes) {
    gone_events_ += kept_.front().events;
    kept_bytes_ -= kept_.front().text.size();
    ++gone_frames_;
    kept_.pop_front();
  }
  changed_.notify();
}

bool Watch::is_behind(const Reader& reader) const {
  const auto all = gone_frames_ + static_cast<std::int64_t>(kept_.size());
  return !reader.slow && all - reader.frames > static_cast<std::int64_t>(kKept / 2);
}

net::Task<> Watch::let_catch_up() {
  const auto until = Clock::now() + kPatience;
  const auto behind = [this](const Reader& reader) { return is_behind(reader); };
  while (!ended_ && std::any_of(readers_.begin(), readers_.end(), behind)) {
    const bool notified = co_await caught_up_.wait(until);
    if (notified) continue;
    for (auto& reader : readers_) reader.slow = reader.slow || is_behind(reader);
  }
}

// Adds a reader, for as long as it is one.
class Watch::Reading {
 public:
  explicit Reading(Watch& watch) : watch_(watch), reader_(watch.readers_.emplace(watch.readers_.end())) {}
  ~Reading() {
    watch_.readers_.erase(reader_);
    watch_.caught_up_.notify();
  }
  Reading(const Reading&) = delete;
  [[nodiscard]] Reader& reader() { return *reader_; }

 private:
  Watch& watch_;
  const std::list<Reader>::iterator reader_;
};

// Returns what the reader gets next; "" when there is nothing new.
std::string Watch::next_block(Reader& reader) const {
  std::string block;
  if (reader.frames < gone_frames_) {
    block = dropped(gone_events_ - reader.events);
    reader.frames = gone_frames_;
    reader.events = gone_events_;
  }
  for (auto at = static_cast<std::size_t>(reader.frames - gone_frames_);
       at < kept_.size() && block.size() < kBlock; ++at, ++reader.frames) {
    block += kept_[at].text;
    reader.events += kept_[at].events;
  }
  if (block.empty()) reader.slow = false;
  return block;
}

net::Task<> Watch::follow(net::Exchange& exchange) {
  const auto self = shared_from_this();
  Reading reading(*this);
  net::Headers headers{{"Content-Type", "text/event-stream"},
                       {"X-SSE-Content-Type", "application/json"},
                       {"Cache-Control", "no-cache"}};
  auto going = co_await exchange.start(200, std::move(headers));
  while (going) {
    auto block = next_block(reading.reader());
    if (block.empty() && ended_) break;
    if (block.empty()) {
      const bool notified = co_await changed_.wait(Clock::now() + kKeepalive);
      if (notified) continue;
      block = ":\n\n";
    }
    going = co_await exchange.write(block);
    caught_up_.notify();
  }
  if (going) co_await exchange.finish();
}

void Watch::end() {
  ended_ = true;
  events_.close();
  changed_.notify();
  caught_up_.notify();
}

}  // namespace wye::vm
