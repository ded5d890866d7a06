#include "vm/repl/repl.h"

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "base/random.h"
#include "base/try.h"
#include "vm/curl/json_fields.h"
#include "vm/served_calls.h"
#include "wire/json_codec.h"

namespace wye::vm {

namespace json = boost::json;
using std::chrono::steady_clock;

namespace {

constexpr auto kBrowserWithin = std::chrono::seconds(15), kLoadedWithin = std::chrono::seconds(15);
constexpr auto kEndedWithin = std::chrono::seconds(4);

std::string new_id() {
  SystemRandom random;
  std::array<std::uint8_t, 12> bytes;
  random.fill(bytes);
  return "repl_" + hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Error too_many() {
  return {.kind = ErrorKind::overloaded,
          .code = "rate_limited",
          .message = "too many calls wait for the REPL; try again",
          .status = 429};
}

// Reads what a cell failed with; a worker that says something else has no error text.
void read_failure(std::string_view text, ReplOutcome& outcome) {
  outcome.success = false;
  outcome.error = "the code failed";
  const auto read = wire::parse_json(text);
  if (!read || !read->is_object()) return;
  if (auto error = text_at(*read, "error"); !error.empty()) outcome.error = std::move(error);
  outcome.stack = text_at(*read, "stack");
}

}  // namespace

/// A call's place in the queue.
struct Repl::Turn {
  Turn(Repl& repl, Call* call) : of(repl), at(of.turns_.insert(of.turns_.end(), call)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    of.turns_.erase(at);
    of.running_ = nullptr;
    of.changed_.notify();
  }
  Repl& of;
  std::list<Call*>::iterator at;
};

Repl::Repl(boost::asio::io_context& io, Browser& browser, WorkerOptions worker)
    : io_(io), browser_(browser), options_(std::move(worker)), changed_(io) {}

net::Task<Result<net::Response>> Repl::run(net::Exchange& exchange, ReplRequest request) {
  const auto there = check_node(options_);
  if (!there) co_return there.error();
  if (turns_.size() > kMostWaiting) co_return too_many();
  Call call;
  struct Watch {
    net::Exchange& of;
    ~Watch() { of.unwatch(); }
  } const watch{exchange};
  exchange.watch([this, &call] {
    call.client_gone = true;
    changed_.notify();
  });
  const Turn turn(*this, &call);
  while (turns_.front() != &call && !call.client_gone) co_await changed_.wait();
  if (call.client_gone)
    co_return Error{.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the client is gone"};
  running_ = &call;
  co_return co_await run_in_turn(call, std::move(request));
}

net::Task<Result<net::Response>> Repl::run_in_turn(Call& call, ReplRequest request) {
  if (request.reset || ended_) co_await end_worker();
  WYE_CO_CHECK(co_await reach_worker(call));
  ReplOutcome outcome{.repl_id = id_};
  const auto began = steady_clock::now();
  if (!request.code.empty()) {
    // State outlives a Chromium, so a cell must not be given the address of one that has just ended.
    co_await browser_.has_ended(browser_.generation());
    const bool is_there = co_await browser_.wait_ready(kBrowserWithin);
    if (!is_there) co_return browser_starting();
    call.number = ++commands_;
    const json::object command{
        {"id", call.number},
        {"code", request.code},
        {"endpoint", "ws://127.0.0.1:" + std::to_string(browser_.devtools_port()) + browser_.browser_path()}};
    if (worker_) worker_->send("cell", json::serialize(command));
    co_await await_answer(call, request.timeout, outcome);
  }
  outcome.content = content_.take();
  outcome.duration_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began).count();
  auto response = net::json_response(200, repl_answer(outcome));
  response.headers.set("x-should-retry", "false");
  co_return std::move(response);
}

Result<void> Repl::start_worker() {
  ready_ = ended_ = false;
  end_reason_.clear();
  uncaught_.clear();
  content_ = ReplContent();
  id_ = new_id();
  WYE_TRY(worker_, Worker::start(io_, options_, "repl.mjs",
                                 {.frame = [this](WorkerFrame frame) { take_frame(std::move(frame)); },
                                  .output =
                                      [this](bool is_error, std::string_view bytes) {
                                        content_.add_text(is_error ? "stderr" : "stdout", bytes);
                                      },
                                  .ended =
                                      [this](std::string why) {
                                        ended_ = true;
                                        end_reason_ = std::move(why);
                                        changed_.notify();
                                      }}));
  return {};
}

net::Task<Result<void>> Repl::reach_worker(Call& call) {
  if (!worker_) WYE_CO_CHECK(start_worker());
  const auto until = steady_clock::now() + kLoadedWithin;
  while (!ready_ && !ended_ && !call.client_gone && steady_clock::now() < until)
    co_await changed_.wait(until);
  if (ready_ || call.client_gone) co_return Result<void>();
  const auto why = ended_ ? end_reason_ : std::string("it did not load in time");
  co_await end_worker();
  co_return Error{
      .kind = ErrorKind::internal, .code = "internal_error", .message = "the REPL cannot run: " + why};
}

net::Task<> Repl::await_answer(Call& call, std::chrono::seconds timeout, ReplOutcome& outcome) {
  const auto until = steady_clock::now() + timeout;
  while (!call.answer && !ended_ && !call.client_gone && steady_clock::now() < until)
    co_await changed_.wait(until);
  if (call.answer) {
    if (worker_) worker_->drain();
    if (call.answer->kind == "error") read_failure(call.answer->body, outcome);
    co_return;
  }
  outcome.success = false;
  outcome.terminated = true;
  const bool by_itself = ended_;
  co_await end_worker();
  outcome.stack = uncaught_;
  outcome.error = !uncaught_.empty() ? uncaught_.substr(0, uncaught_.find('\n'))
                  : by_itself        ? "the code ended its REPL: " + end_reason_
                  : call.client_gone ? std::string("the client is gone")
                                     : "the code was stopped after the time limit of " +
                                           std::to_string(timeout.count()) + " s";
}

// Kills the worker and waits until nothing of it runs.
net::Task<> Repl::end_worker() {
  if (!worker_) co_return;
  worker_->kill("it was replaced");
  const auto until = steady_clock::now() + kEndedWithin;
  while (!ended_ && steady_clock::now() < until) co_await changed_.wait(until);
  worker_.reset();
}

// Takes `<channel>\n<text>` or `<type>\n<base64>`. What code writes between two cells goes to the next one.
bool Repl::take_content(const WorkerFrame& frame) {
  const auto end = frame.body.find('\n');
  if (end == std::string::npos) return false;
  const auto head = std::string_view(frame.body).substr(0, end),
             rest = std::string_view(frame.body).substr(end + 1);
  if (frame.kind == "image") {
    content_.add_image(head, rest);
    return true;
  }
  if (head != "write" && head != "stdout" && head != "stderr") return false;
  content_.add_text(head, rest);
  return true;
}

// Every frame that the protocol does not have at this point ends the worker.
void Repl::take_frame(WorkerFrame frame) {
  bool known = false;
  if (frame.kind == "ready") {
    known = !std::exchange(ready_, true);
  } else if (frame.kind == "text" || frame.kind == "image") {
    known = take_content(frame);
  } else if (frame.kind == "uncaught") {
    uncaught_ = std::move(frame.body);
    known = true;
  } else if ((frame.kind == "done" || frame.kind == "error") && running_ != nullptr && !running_->answer) {
    const auto number = std::to_string(running_->number) + '\n';
    known = running_->number != 0 && frame.body.starts_with(number);
    if (known) {
      frame.body.erase(0, number.size());
      running_->answer = std::move(frame);
    }
  }
  if (!known) worker_->kill("its process sent what nobody had asked for");
  changed_.notify();
}

}  // namespace wye::vm
