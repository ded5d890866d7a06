#include "vm/playwright/executor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/serialize.hpp>

#include "base/try.h"
#include "net/socket.h"
#include "vm/curl/json_fields.h"
#include "vm/served_calls.h"

namespace wye::vm {

namespace asio = boost::asio;
namespace json = boost::json;
using std::chrono::steady_clock;

namespace {

constexpr auto kBrowserWithin = std::chrono::seconds(15);
constexpr auto kLoadedWithin = std::chrono::seconds(15);
constexpr auto kEndedWithin = std::chrono::seconds(4);
constexpr auto kIdleFor = std::chrono::minutes(5);
constexpr int kAttempts = 3;  // of which none has begun to run the code

Error cannot_run(const std::string& why) {
  return {
      .kind = ErrorKind::internal, .code = "internal_error", .message = "the executor cannot run: " + why};
}

Error too_many() {
  return {.kind = ErrorKind::overloaded,
          .code = "rate_limited",
          .message = "too many calls wait for this executor; try again",
          .status = 429};
}

Error deleted() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "the executor was deleted"};
}

}  // namespace

/// A call's place in the queue.
struct Executor::Turn {
  Turn(Executor& executor, Call* call) : of(executor), at(of.turns_.insert(of.turns_.end(), call)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    of.turns_.erase(at);
    of.running_ = nullptr;
    of.idle_since_ = steady_clock::now();
    of.changed_.notify();
  }
  Executor& of;
  std::list<Call*>::iterator at;
};

Executor::Executor(ExecutorPlace& place, std::string name)
    : place_(place),
      name_(std::move(name)),
      created_at_(place.clock.unix_micros()),
      last_used_at_(created_at_),
      idle_since_(steady_clock::now()),
      changed_(place.io) {}

bool Executor::owns(pid_t pid) const { return worker_ && worker_->pid() == pid; }

net::Task<Result<net::Response>> Executor::run(net::Exchange& exchange, ExecuteRequest request) {
  const auto keep = shared_from_this();
  if (turns_.size() > kMostWaiting) co_return too_many();
  Call call{.request = std::move(request)};
  struct Watch {
    net::Exchange& of;
    ~Watch() { of.unwatch(); }
  } const watch{exchange};
  exchange.watch([this, &call] {
    call.client_gone = true;
    changed_.notify();
  });
  {
    const Turn turn(*this, &call);
    while (turns_.front() != &call && !call.client_gone && !removed_) co_await changed_.wait();
    if (removed_) co_return deleted();
    if (call.client_gone)
      co_return Error{.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the client is gone"};
    running_ = &call;
    stopped_by_.clear();
    last_used_at_ = place_.clock.unix_micros();
    const auto done = co_await work(call);
    if (!done) co_return done.error();
  }
  auto response = net::json_response(200, execute_answer(call.outcome));
  response.headers.set("x-should-retry", "false");
  co_return std::move(response);
}

// Tries again when the code has not begun to run: the worker found no page, or no browser.
net::Task<Result<void>> Executor::work(Call& call) {
  for (int attempt = 1;; ++attempt) {
    const auto generation = place_.browser.generation();
    WYE_CO_CHECK(co_await try_once(call));
    if (!call.answer) co_return Result<void>();
    const bool unreached = call.answer->kind == "unreached", no_page = call.answer->kind == "no_page";
    if (!unreached && !no_page) co_return Result<void>();
    if (attempt == kAttempts) {
      fail(call, no_page ? "the tab cannot be found" : "the browser cannot be reached: " + call.answer->body);
      co_return Result<void>();
    }
    call.answer.reset();
    if (unreached) co_await place_.browser.has_ended(generation);
  }
}

net::Task<Result<void>> Executor::try_once(Call& call) {
  const bool is_there = co_await place_.browser.wait_ready(kBrowserWithin);
  if (!is_there) co_return browser_starting();
  if (owns_tab()) WYE_CO_CHECK(co_await open_tab(call));
  WYE_CO_CHECK(co_await reach_worker(call));
  if (call.client_gone || !stopped_by_.empty()) {
    fail(call, stopped_by_.empty() ? "the client is gone" : stopped_by_);
    co_return Result<void>();
  }
  json::array others;
  for (const auto& tab : place_.tabs()) others.emplace_back(tab);
  call.number = ++commands_;
  const json::object command{{"id", call.number},
                             {"code", call.request.code},
                             {"endpoint", "ws://127.0.0.1:" + std::to_string(place_.browser.devtools_port()) +
                                              place_.browser.browser_path()},
                             {"target", tab_},
                             {"others", std::move(others)}};
  worker_->send("execute", json::serialize(command));
  co_await await_answer(call);
  co_return Result<void>();
}

// Opens the executor's tab in the background, when it has none or a client has closed it.
net::Task<Result<void>> Executor::open_tab(Call& call) {
  const auto channel = place_.channel;
  if (!channel) co_return browser_starting();
  if (!tab_.empty()) {
    const auto known = co_await channel->call("Target.getTargetInfo", fields("targetId", tab_));
    if (!known) tab_.clear();
  }
  const bool create = tab_.empty();
  if (create) {
    const auto made =
        co_await channel->call("Target.createTarget", fields("url", "about:blank", "background", true));
    if (!made) co_return made.error();
    tab_ = text_at(*made, "targetId");
  }
  const bool before = call.outcome.tab && call.outcome.tab->created;
  call.outcome.tab = ExecuteOutcome::Tab{tab_, create || before};
  co_return Result<void>();
}

Result<void> Executor::start_worker() {
  ready_ = spent_ = ended_ = false;
  end_reason_.clear();
  ++workers_;
  const auto weak = weak_from_this();
  WYE_TRY(worker_, Worker::start(place_.io, place_.worker, "execute.mjs",
                                 {.frame =
                                      [weak](WorkerFrame frame) {
                                        if (const auto self = weak.lock()) self->take_frame(std::move(frame));
                                      },
                                  .output =
                                      [weak](bool is_error, std::string_view bytes) {
                                        const auto self = weak.lock();
                                        if (!self || self->running_ == nullptr)
                                          return;  // left behind by an earlier call
                                        auto& outcome = self->running_->outcome;
                                        (is_error ? outcome.err : outcome.out).add(bytes);
                                      },
                                  .ended =
                                      [weak](std::string why) {
                                        const auto self = weak.lock();
                                        if (!self) return;
                                        self->ended_ = true;
                                        self->end_reason_ = std::move(why);
                                        self->changed_.notify();
                                      }}));
  asio::co_spawn(place_.io, end_when_idle(shared_from_this(), workers_), asio::detached);
  return {};
}

// Waits until there is a worker that has loaded its program.
net::Task<Result<void>> Executor::reach_worker(Call& call) {
  if (worker_ && (ended_ || spent_)) co_await end_worker("it was replaced");
  if (!worker_) WYE_CO_CHECK(start_worker());
  const auto until = steady_clock::now() + kLoadedWithin;
  while (!ready_ && !ended_ && !call.client_gone && stopped_by_.empty() && steady_clock::now() < until)
    co_await changed_.wait(until);
  if (ready_ || call.client_gone || !stopped_by_.empty()) co_return Result<void>();
  const auto why = ended_ ? end_reason_ : std::string("it did not load in time");
  co_await end_worker("it did not load in time");
  co_return cannot_run(why);
}

net::Task<> Executor::await_answer(Call& call) {
  const auto until = steady_clock::now() + call.request.timeout;
  const auto goes_on = [&] {
    return !call.answer && !ended_ && !call.client_gone && stopped_by_.empty() && steady_clock::now() < until;
  };
  while (goes_on()) co_await changed_.wait(until);
  if (!call.answer) {
    const auto limit = std::to_string(call.request.timeout.count()) + " s";
    auto why = !stopped_by_.empty() ? stopped_by_
               : call.client_gone   ? std::string("the client is gone")
               : ended_             ? "the code ended its executor: " + end_reason_
                                    : "the code was stopped after the time limit of " + limit;
    co_await end_worker("the call ended");
    fail(call, std::move(why));
    co_return;
  }
  worker_->drain();
  auto& answer = *call.answer;
  if (answer.kind == "error") fail(call, std::move(answer.body));
  if (answer.kind != "result") co_return;
  if (!answer.body.empty() && !is_json(answer.body)) {
    spent_ = true;
    fail(call, "the executor's answer is no JSON");
    co_return;
  }
  call.outcome.result = std::move(answer.body);
}

// Kills the worker and waits until nothing of it runs.
net::Task<> Executor::end_worker(std::string why) {
  if (!worker_) co_return;
  worker_->kill(std::move(why));
  const auto until = steady_clock::now() + kEndedWithin;
  while (!ended_ && steady_clock::now() < until) co_await changed_.wait(until);
  worker_.reset();
}

// Takes an answer: the command's number, a line's end, the answer itself. Code may write to the pipe, too;
// the number keeps what a call has left behind from answering the next one.
bool Executor::take_answer(WorkerFrame frame) {
  const bool known =
      frame.kind == "result" || frame.kind == "error" || frame.kind == "unreached" || frame.kind == "no_page";
  if (!known || running_ == nullptr || running_->answer || running_->number == 0) return false;
  const auto number = std::to_string(running_->number) + '\n';
  if (!frame.body.starts_with(number)) return false;
  frame.body.erase(0, number.size());
  running_->answer = std::move(frame);
  return true;
}

// Every frame that the protocol does not have at this point ends the worker.
void Executor::take_frame(WorkerFrame frame) {
  if (frame.kind == "ready" && !ready_) {
    ready_ = true;
  } else if (frame.kind == "spent") {
    spent_ = true;
  } else if (!take_answer(std::move(frame))) {
    worker_->kill("its process sent what nobody had asked for");
  }
  changed_.notify();
}

void Executor::fail(Call& call, std::string why) { call.outcome.error = std::move(why); }

void Executor::restart() {
  stopped_by_ = "the executor was restarted";
  if (worker_) spent_ = true;
  changed_.notify();
}

void Executor::remove() {
  removed_ = true;
  stopped_by_ = "the executor was deleted";
  if (running_ == nullptr) worker_.reset();
  changed_.notify();
}

net::Task<> Executor::end_when_idle(std::shared_ptr<Executor> self, std::uint64_t worker) {
  while (self->workers_ == worker && self->worker_ && !self->removed_) {
    const auto until = self->idle_since_ + kIdleFor;
    if (!self->busy() && steady_clock::now() >= until) self->worker_.reset();
    if (!self->worker_) break;
    co_await self->changed_.wait(self->busy() ? steady_clock::now() + kIdleFor : until);
  }
}

}  // namespace wye::vm
