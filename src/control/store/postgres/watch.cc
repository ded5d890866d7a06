#include "control/store/postgres/watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/try.h"

namespace wye::control::postgres {
namespace {

using std::chrono::milliseconds;

constexpr const char* kInUse = "database_in_use";
constexpr milliseconds kNextClaim{50};
constexpr std::int64_t kClaim = 0x57796531;  // "Wye1", as an advisory lock
constexpr milliseconds kFirstTry{100}, kLongestPause{2'000};
constexpr milliseconds kAnswersWithin{2'000};  // the longest silence before the database counts as away
constexpr milliseconds kForEver{-1};           // for poll
constexpr int kNoSocket = -1;                  // for poll

}  // namespace

Result<void> claim(Connection& connection) {
  WYE_TRY(const auto taken, connection.run("SELECT pg_try_advisory_lock($1)", Values().number(kClaim)));
  if (taken.flag(0, 0)) return {};
  return Error{
      .kind = ErrorKind::conflict,
      .code = kInUse,
      .message =
          "another wye serve works on this database, and it takes one at a time; stop that one, or give "
          "this one a database of its own",
      .status = 503};
}

Result<bool> is_claimed(Connection& connection) {
  WYE_TRY(
      const auto held,
      connection.run(
          "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype='advisory' AND objid::bigint=$1 AND classid=0 "
          "AND database=(SELECT oid FROM pg_database WHERE datname=current_database()))",
          Values().number(kClaim)));
  return held.flag(0, 0);
}

// The database notices the end of a server's connection a moment after the server has ended, and a restart
// may be faster than that.
Result<std::unique_ptr<Watch>> Watch::start(Pool& pool, const Log& log, milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  WYE_TRY(auto connection, pool.open_beside());
  for (;;) {
    const auto claimed = claim(connection);
    if (claimed) return std::unique_ptr<Watch>(new Watch(pool, log, std::move(connection)));
    if (claimed.error().code != kInUse || std::chrono::steady_clock::now() >= until) return claimed.error();
    std::this_thread::sleep_for(kNextClaim);
  }
}

Watch::Watch(Pool& pool, const Log& log, Connection connection)
    : pool_(pool),
      log_(log),
      connection_(std::move(connection)),
      woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  pool_.on_trouble([this] { wake(); });
  thread_ = std::thread([this] { run(); });
}

Watch::~Watch() {
  stopping_ = true;
  wake();
  thread_.join();
  pool_.on_trouble([] {});
}

void Watch::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto wrote = ::write(woken_.get(), &one, sizeof one);
}

void Watch::run() {
  while (watch_connection()) {
    connection_.reset();
    if (!come_back()) return;
  }
}

void Watch::wait(int socket, milliseconds within) {
  std::array<pollfd, 2> events{pollfd{socket, POLLIN, 0}, pollfd{woken_.get(), POLLIN, 0}};
  ::poll(events.data(), events.size(), static_cast<int>(within.count()));
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(woken_.get(), &count, sizeof count);
}

bool Watch::watch_connection() {
  connection_->set_patience(kAnswersWithin);
  for (;;) {
    wait(connection_->socket(), kForEver);
    if (stopping_) return false;
    // The server said farewell, or a user of the pool had trouble: does it still answer?
    if (!connection_->run("SELECT 1")) return true;
  }
}

bool Watch::come_back() {
  std::string told;  // the reason last logged
  for (auto pause = kFirstTry;; pause = std::min(pause * 2, kLongestPause)) {
    auto opened = pool_.open_beside();
    const auto claimed = opened ? claim(*opened) : Result<void>(opened.error());
    if (claimed) {
      connection_.emplace(std::move(*opened));
      pool_.set_back();
      if (!told.empty()) log_.info("the database is back", {{"database", pool_.address().text()}});
      return true;
    }
    const auto& why = claimed.error();
    pool_.set_away(why);
    if (told != why.code)
      log_.error("the database is away; browsers go on without it",
                 {{"database", pool_.address().text()}, {"reason", why.message}});
    told = why.code;
    wait(kNoSocket, pause);
    if (stopping_) return false;
  }
}

}  // namespace wye::control::postgres
