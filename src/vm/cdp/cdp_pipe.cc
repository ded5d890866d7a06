#include "vm/cdp/cdp_pipe.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "vm/cdp/cdp_message.h"

namespace wye::vm {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxMessage =
    256u << 20;  // Chromium may be hostile too: an endless message must not fill memory
constexpr std::size_t kMaxQueued = 256u << 20;
constexpr std::size_t kMaxCalls = 32 * 1024;  // calls without an answer yet
constexpr auto kCallTimeout = std::chrono::seconds(30);

using Executor = asio::io_context::executor_type;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
constexpr auto kTuple = asio::as_tuple(asio::deferred);

Error disconnected() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is restarting",
          .status = 503};
}

struct Call {
  explicit Call(asio::io_context& io) : done(io.get_executor(), Timer::time_point::max()) {}
  Timer done;
  std::optional<Result<json::value>> answer;
};

Error too_many_calls() {
  return {.kind = ErrorKind::overloaded,
          .code = "upstream_unavailable",
          .message = "the browser has too many calls under way",
          .status = 503};
}

Result<json::value> result_of(std::string_view text) {
  auto parsed = parse_cdp(text, Strings::whole);
  auto* message = parsed ? parsed->if_object() : nullptr;
  if (message == nullptr)
    return Error{
        .kind = ErrorKind::internal, .code = "cdp_error", .message = "DevTools sent what is not JSON"};
  if (auto* error = message->if_contains("error")) {
    const auto* told = error->is_object() ? error->get_object().if_contains("message") : nullptr;
    return Error{.kind = ErrorKind::internal,
                 .code = "cdp_error",
                 .message = told != nullptr && told->is_string() ? std::string(told->get_string())
                                                                 : "DevTools refused the call"};
  }
  auto* result = message->if_contains("result");
  return result != nullptr ? std::move(*result) : json::value(json::object());
}

}  // namespace

struct CdpPipe::Impl {
  Impl(asio::io_context& context, UniqueFd to, UniqueFd from)
      : io(context), out(context.get_executor(), to.release()), in(context.get_executor(), from.release()) {}

  asio::io_context& io;
  Descriptor out, in;
  std::deque<std::string> queue;
  std::size_t queued = 0;
  bool writing = false, closed = false;
  std::int64_t next_id = 1;
  std::unordered_map<std::int64_t, Done> calls;
  std::multimap<std::string, std::weak_ptr<Listener>, std::less<>> listeners;
  std::list<std::weak_ptr<Watcher>> watchers;

  // Writes the pipe's message; params and session are our own text, so they are not escaped again.
  void enqueue(std::int64_t id, std::string_view method, std::string_view params, std::string_view session) {
    std::string text = R"({"id":)" + std::to_string(id) + R"(,"method":")";
    text.append(method).append(R"(","params":)").append(params.empty() ? "{}" : params);
    if (!session.empty()) text.append(R"(,"sessionId":")").append(session).append("\"");
    text.append("}").push_back('\0');
    queued += text.size();
    queue.push_back(std::move(text));
  }

  void dispatch(std::string_view text) {
    auto head = read_cdp_head(text);
    json::value whole;  // only for messages in an order that Chromium does not use today
    if (!head) {
      auto parsed = parse_cdp(text, Strings::cut);
      if (!parsed || !parsed->is_object()) return;
      whole = std::move(*parsed);
      head = head_of(whole.get_object());
    }
    if (head->method.empty()) return answer(head->id, text);
    CdpEvent event(*head, text);
    for (const auto& watcher : alive(watchers)) (*watcher)(event);
    std::vector<std::shared_ptr<Listener>>
        ready;  // copied for the call: a listener may drop itself or others
    for (auto [at, end] = listeners.equal_range(head->session); at != end;) {
      if (auto listener = at->second.lock()) {
        ready.push_back(std::move(listener));
        ++at;
      } else {
        at = listeners.erase(at);
      }
    }
    if (ready.empty()) return;
    // A session's listener gets whole messages: bodies of curl come as one long string.
    const auto message = parse_cdp(text, Strings::whole);
    const auto* object = message ? message->if_object() : nullptr;
    const auto* params = object != nullptr ? object->if_contains("params") : nullptr;
    if (params == nullptr || !params->is_object()) return;
    for (const auto& listener : ready) (*listener)(head->method, params->get_object());
  }

  static CdpHead head_of(const json::object& message) {
    const auto text = [&](std::string_view key) {
      const auto* found = message.if_contains(key);
      return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                    : std::string_view();
    };
    const auto* id = message.if_contains("id");
    return {id != nullptr && id->is_int64() ? id->get_int64() : 0, text("method"), text("sessionId")};
  }

  static std::vector<std::shared_ptr<Watcher>> alive(std::list<std::weak_ptr<Watcher>>& all) {
    std::vector<std::shared_ptr<Watcher>> out;
    for (auto at = all.begin(); at != all.end();) {
      if (auto watcher = at->lock()) {
        out.push_back(std::move(watcher));
        ++at;
      } else {
        at = all.erase(at);
      }
    }
    return out;
  }

  void answer(std::int64_t id, std::string_view text) {
    const auto found = calls.find(id);
    if (found == calls.end()) return;
    const auto done = std::move(found->second);
    calls.erase(found);
    done(result_of(text));
  }

  void end() {
    if (std::exchange(closed, true)) return;
    boost::system::error_code ignored;
    in.close(ignored);
    out.close(ignored);
    for (auto& [id, done] : std::exchange(calls, {})) done(disconnected());
    listeners.clear();
    watchers.clear();
  }
};

namespace {

net::Task<> read_messages([[maybe_unused]] std::shared_ptr<CdpPipe> keep, CdpPipe* owner, Descriptor& in,
                          std::function<void(std::string_view)> on_message) {
  std::string buffer;
  std::size_t scanned = 0;
  std::vector<char> piece(256 * 1024);
  for (;;) {
    const auto [error, got] = co_await in.async_read_some(asio::buffer(piece), kTuple);
    if (error || buffer.size() + got > kMaxMessage) break;
    buffer.append(piece.data(), got);
    std::size_t begin = 0;
    for (std::size_t end; (end = buffer.find('\0', std::max(begin, scanned))) != std::string::npos;
         begin = end + 1)
      on_message(std::string_view(buffer).substr(begin, end - begin));
    buffer.erase(0, begin);
    scanned = buffer.size();
  }
  owner->close();
}

}  // namespace

CdpPipe::CdpPipe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CdpPipe::~CdpPipe() { impl_->end(); }

std::shared_ptr<CdpPipe> CdpPipe::open(asio::io_context& io, UniqueFd to_chromium, UniqueFd from_chromium) {
  std::shared_ptr<CdpPipe> pipe(
      new CdpPipe(std::make_unique<Impl>(io, std::move(to_chromium), std::move(from_chromium))));
  auto* impl = pipe->impl_.get();
  asio::co_spawn(
      io, read_messages(pipe, pipe.get(), impl->in, [impl](std::string_view text) { impl->dispatch(text); }),
      asio::detached);
  return pipe;
}

void CdpPipe::close() { impl_->end(); }

namespace {

net::Task<> write_queue([[maybe_unused]] std::shared_ptr<CdpPipe> keep, CdpPipe* owner, Descriptor& out,
                        std::deque<std::string>& queue, std::size_t& queued, bool& writing) {
  while (!queue.empty()) {
    const auto [error, sent] = co_await asio::async_write(out, asio::buffer(queue.front()), kTuple);
    if (error) {
      owner->close();
      break;
    }
    queued -= queue.front().size();
    queue.pop_front();
  }
  writing = false;
}

}  // namespace

void CdpPipe::send(std::string_view method, std::string_view params, std::string_view session, Done done) {
  auto& self = *impl_;
  if (self.closed) return done ? done(disconnected()) : void();
  if (self.queued > kMaxQueued) return close();  // Chromium no longer reads, so it counts as dead
  const auto id = self.next_id++;
  if (done) {
    if (self.calls.size() >= kMaxCalls) return done(too_many_calls());
    self.calls.emplace(id, std::move(done));
  }
  self.enqueue(id, method, params, session);
  if (std::exchange(self.writing, true)) return;
  asio::co_spawn(self.io,
                 write_queue(shared_from_this(), this, self.out, self.queue, self.queued, self.writing),
                 asio::detached);
}

void CdpPipe::post(std::string method, json::object params, std::string session_id, Answered answered) {
  send(method, json::serialize(params), session_id, std::move(answered));
}

net::Task<Result<json::value>> CdpPipe::call(std::string method, json::object params,
                                             std::string session_id) {
  const auto keep = shared_from_this();
  const auto waiting = std::make_shared<Call>(impl_->io);  // shared with the answer, which may come too late
  waiting->done.expires_after(kCallTimeout);
  Done done = [waiting](Result<json::value> answer) {
    waiting->answer = std::move(answer);
    waiting->done.cancel();
  };
  send(method, json::serialize(params), session_id, std::move(done));
  if (!waiting->answer) co_await waiting->done.async_wait(kTuple);
  if (!waiting->answer)
    co_return Error{.kind = ErrorKind::timed_out,
                    .code = "upstream_unavailable",
                    .message = "the browser did not answer " + method,
                    .status = 504};
  co_return std::move(*waiting->answer);
}

std::shared_ptr<void> CdpPipe::watch(Watcher watcher) {
  auto kept = std::make_shared<Watcher>(std::move(watcher));
  impl_->watchers.push_back(kept);
  return kept;
}

std::shared_ptr<void> CdpPipe::listen(std::string session_id, Listener listener) {
  auto kept = std::make_shared<Listener>(std::move(listener));
  impl_->listeners.emplace(std::move(session_id), kept);
  return kept;
}

}  // namespace wye::vm
