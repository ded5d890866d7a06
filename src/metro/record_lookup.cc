#include "metro/record_lookup.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "metro/answers.h"
#include "net/socket.h"

namespace wye::metro {

namespace asio = boost::asio;

namespace {

// Wakes the waiting coroutine when the work is done, and also when it is dropped undone.
class Wake {
 public:
  Wake(asio::io_context::executor_type executor, std::shared_ptr<net::Timer> timer)
      : executor_(executor), timer_(std::move(timer)) {}
  ~Wake() {
    asio::post(executor_, [timer = std::move(timer_)] { timer->cancel(); });
  }
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

 private:
  asio::io_context::executor_type executor_;
  std::shared_ptr<net::Timer> timer_;
};

}  // namespace

RecordLookup::RecordLookup(const SessionDirectory& directory, MetroHooks hooks)
    : directory_(directory),
      hooks_(std::move(hooks)),
      threads_{std::make_unique<asio::thread_pool>(kRecordThreads),
               std::make_unique<asio::thread_pool>(kPageThreads),
               std::make_unique<asio::thread_pool>(kTellingThreads)} {}

void RecordLookup::stop() {
  decltype(threads_) threads;
  {
    const std::lock_guard lock(mutex_);
    threads = std::move(threads_);
  }
  for (const auto& pool : threads)
    if (pool) pool->stop();
  for (const auto& pool : threads)
    if (pool) pool->join();
}

RecordLookup::Place::Place(RecordLookup& records, Kind kind, std::string session_id, std::size_t most)
    : records_(records), key_(kind, std::move(session_id)) {
  const std::lock_guard lock(records_.mutex_);
  auto& taken = records_.places_[key_];
  taken_ = taken < most;
  if (taken_) ++taken;
}

RecordLookup::Place::~Place() {
  if (!taken_) return;
  const std::lock_guard lock(records_.mutex_);
  if (--records_.places_[key_] == 0) records_.places_.erase(key_);
}

template <class T>
net::Task<std::optional<T>> RecordLookup::on_threads(Kind kind, std::function<T()> work) {
  const auto executor = co_await asio::this_coro::executor;
  // The work shares timer and result, since it may end after the waiting coroutine is gone.
  auto done = std::make_shared<net::Timer>(executor, std::chrono::steady_clock::time_point::max());
  auto result = std::make_shared<std::optional<T>>();
  auto wake = std::make_shared<Wake>(executor, done);
  std::function<void()> job = [result, wake = std::move(wake), work = std::move(work)] {
    try {
      *result = work();
    } catch (const std::exception&) {
      // Left empty: the caller answers instead.
    }
  };
  {
    const std::lock_guard lock(mutex_);
    auto& threads = threads_[static_cast<std::size_t>(kind)];
    if (!threads) co_return std::nullopt;
    asio::post(*threads, std::move(job));
  }
  co_await done->async_wait(net::kAwait);
  co_return std::move(*result);
}

net::Task<SessionState> RecordLookup::state_of(std::string session_id) {
  if (is_known_gone(session_id)) co_return SessionState::gone;
  std::function<SessionState()> ask = [this, session_id] { return directory_.look_up_record(session_id); };
  const auto state = co_await on_threads(Kind::record, std::move(ask));
  if (state == SessionState::gone) remember_gone(session_id);
  co_return state.value_or(SessionState::unknown);
}

net::Task<net::Response> RecordLookup::archive_page(std::string session_id, std::string query) {
  const Place place(*this, Kind::page, session_id, kMaxPages);
  if (!place.taken()) co_return own_answer(OwnAnswer::overloaded);
  std::function<net::Response()> ask = [this, session_id, query] {
    return hooks_.archive_page(session_id, query);
  };
  auto page = co_await on_threads(Kind::page, std::move(ask));
  if (!page) co_return own_answer(OwnAnswer::session_ending);
  co_return std::move(*page);
}

net::Task<std::optional<std::vector<std::size_t>>> RecordLookup::own_credentials(
    std::vector<Candidate> candidates) {
  std::function<std::vector<std::size_t>()> ask = [this, candidates = std::move(candidates)] {
    std::vector<std::size_t> out;
    for (const auto& one : candidates)
      if (hooks_.is_own_credential && hooks_.is_own_credential(one.text)) out.push_back(one.field);
    return out;
  };
  co_return co_await on_threads(Kind::record, std::move(ask));
}

net::Task<> RecordLookup::telemetry_changed(std::string session_id) {
  const Place place(*this, Kind::telling, session_id, kMaxTellings);
  if (!place.taken()) co_return;
  std::function<bool()> tell = [this, session_id] {
    hooks_.telemetry_changed(session_id);
    return true;
  };
  co_await on_threads(Kind::telling, std::move(tell));
}

bool RecordLookup::is_known_gone(const std::string& session_id) {
  const std::lock_guard lock(mutex_);
  return gone_.count(session_id) > 0;
}

void RecordLookup::remember_gone(const std::string& session_id) {
  const std::lock_guard lock(mutex_);
  if (!gone_.insert(session_id).second) return;
  gone_order_.push_back(session_id);
  if (gone_order_.size() <= kMaxGone) return;
  gone_.erase(gone_order_.front());
  gone_order_.pop_front();
}

}  // namespace wye::metro
