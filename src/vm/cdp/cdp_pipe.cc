#include "vm/cdp/cdp_pipe.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>

namespace wye::vm {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxMessage =
    256u << 20;  // Chromium is hostile ground too: an endless message must not fill memory
constexpr std::size_t kMaxQueued = 256u << 20;
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
  std::unordered_map<std::int64_t, std::shared_ptr<Call>> calls;  // shared with the coroutine that waits
  std::multimap<std::string, std::weak_ptr<Listener>, std::less<>> listeners;

  void send(std::int64_t id, const std::string& method, json::object params, const std::string& session) {
    json::object message;
    message["id"] = id;
    message["method"] = method;
    message["params"] = std::move(params);
    if (!session.empty()) message["sessionId"] = session;
    auto text = json::serialize(message);
    text += '\0';
    queued += text.size();
    queue.push_back(std::move(text));
  }

  void dispatch(std::string_view text) {
    boost::system::error_code error;
    auto parsed = json::parse({text.data(), text.size()}, error, {}, {.max_depth = 256});
    if (error || !parsed.is_object()) return;
    auto& message = parsed.get_object();
    if (const auto* id = message.if_contains("id"))
      return answer(id->is_int64() ? id->get_int64() : 0, message);
    const auto* method = message.if_contains("method");
    const auto* params = message.if_contains("params");
    if (method == nullptr || !method->is_string() || params == nullptr || !params->is_object()) return;
    const auto* session = message.if_contains("sessionId");
    const std::string key =
        session != nullptr && session->is_string() ? std::string(session->get_string()) : "";
    std::vector<std::shared_ptr<Listener>> ready;  // kept for the call: a listener may drop itself or others
    for (auto [at, end] = listeners.equal_range(key); at != end;) {
      if (auto listener = at->second.lock()) {
        ready.push_back(std::move(listener));
        ++at;
      } else {
        at = listeners.erase(at);
      }
    }
    for (const auto& listener : ready)
      (*listener)(std::string_view(method->get_string()), params->get_object());
  }

  void answer(std::int64_t id, json::object& message) {
    const auto found = calls.find(id);
    if (found == calls.end()) return;
    const auto call = found->second;
    calls.erase(found);
    if (auto* error = message.if_contains("error")) {
      const auto* text = error->is_object() ? error->get_object().if_contains("message") : nullptr;
      call->answer = Error{.kind = ErrorKind::internal,
                           .code = "cdp_error",
                           .message = text != nullptr && text->is_string() ? std::string(text->get_string())
                                                                           : "DevTools refused the call"};
    } else {
      auto* result = message.if_contains("result");
      call->answer =
          Result<json::value>(result != nullptr ? std::move(*result) : json::value(json::object()));
    }
    call->done.cancel();
  }

  void end() {
    if (std::exchange(closed, true)) return;
    boost::system::error_code ignored;
    in.close(ignored);
    out.close(ignored);
    for (auto& [id, call] : std::exchange(calls, {})) {
      call->answer = Result<json::value>(disconnected());
      call->done.cancel();
    }
    listeners.clear();
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

void CdpPipe::post(std::string method, json::object params, std::string session_id) {
  auto& self = *impl_;
  if (self.closed) return;
  if (self.queued > kMaxQueued) return close();  // Chromium does not read any more: as good as dead
  self.send(self.next_id++, method, std::move(params), session_id);
  if (std::exchange(self.writing, true)) return;
  asio::co_spawn(self.io,
                 write_queue(shared_from_this(), this, self.out, self.queue, self.queued, self.writing),
                 asio::detached);
}

net::Task<Result<json::value>> CdpPipe::call(std::string method, json::object params,
                                             std::string session_id) {
  auto& self = *impl_;
  if (self.closed) co_return disconnected();
  const auto keep = shared_from_this();
  const auto waiting = std::make_shared<Call>(self.io);
  const auto id = self.next_id;
  self.calls[id] = waiting;
  post(method, std::move(params), session_id);
  waiting->done.expires_after(kCallTimeout);
  if (!waiting->answer) co_await waiting->done.async_wait(kTuple);
  self.calls.erase(id);
  if (!waiting->answer)
    co_return Error{.kind = ErrorKind::timed_out,
                    .code = "upstream_unavailable",
                    .message = "the browser did not answer " + method,
                    .status = 504};
  co_return std::move(*waiting->answer);
}

std::shared_ptr<void> CdpPipe::listen(std::string session_id, Listener listener) {
  auto kept = std::make_shared<Listener>(std::move(listener));
  impl_->listeners.emplace(std::move(session_id), kept);
  return kept;
}

}  // namespace wye::vm
