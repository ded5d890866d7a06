#include "vm/chromium/browser.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/beneath.h"
#include "base/try.h"
#include "net/wakeup.h"
#include "vm/chromium/window_size.h"
#include "vm/chromium/zygotes.h"

namespace wye::vm {

namespace asio = boost::asio;
namespace json = boost::json;
using Executor = asio::io_context::executor_type;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Clock = std::chrono::steady_clock;
constexpr auto kTuple = asio::as_tuple(asio::deferred);

namespace {

constexpr auto kStopWithin = std::chrono::seconds(3);
constexpr auto kEndsByItself = std::chrono::seconds(1);
constexpr auto kEndsOnceAsked = std::chrono::seconds(5);  // takes 0.4 s on a quiet machine
constexpr auto kEndIsKnownWithin =
    kEndsOnceAsked + std::chrono::seconds(2);  // a Chromium that stays is killed by then

constexpr std::size_t kMaxDevtoolsFile = 4096;
constexpr std::string_view kBrowserPath = "/devtools/browser/";
constexpr std::size_t kShortestId = 32;
constexpr auto kLookAgain = std::chrono::milliseconds(5);

// Returns the parent of the profile's directory, which is a mount that nobody in the VM can replace, and the
// path of the file below it.
std::pair<std::string, std::string> devtools_file(const std::string& user_data_dir) {
  const std::filesystem::path profile(user_data_dir);
  return {profile.parent_path(), profile.filename() / "DevToolsActivePort"};
}

// Whether Chromium has written its port and the browser's path there.
bool read_devtools_address(const std::string& user_data_dir, std::uint16_t& port, std::string& path) {
  const auto [home, file] = devtools_file(user_data_dir);
  const auto text = beneath::read(home, file, kMaxDevtoolsFile);
  if (!text) return false;
  std::istringstream in(*text);
  std::string first;
  if (!std::getline(in, first) || !std::getline(in, path)) return false;
  const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), port);
  return error == std::errc() && end == first.data() + first.size() && path.starts_with(kBrowserPath) &&
         path.size() >= kBrowserPath.size() + kShortestId;  // all of it
}

json::object one(std::string_view key, json::value value) {
  json::object out;
  out[key] = std::move(value);
  return out;
}

}  // namespace

struct Browser::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& context, ChromiumOptions chromium, std::string url, const Log& sink, Listener told,
       RestartPolicy restarts)
      : io(context),
        options(std::move(chromium)),
        start_url(std::move(url)),
        log(sink),
        listener(std::move(told)),
        policy(restarts),
        changed(context) {}

  asio::io_context& io;
  ChromiumOptions options;
  std::string start_url;
  const Log& log;
  Listener listener;
  const RestartPolicy policy;
  net::Wakeup changed;  // notified whenever ready or running changes
  std::shared_ptr<CdpPipe> pipe;
  std::shared_ptr<void> watching_pages;
  pid_t pid = -1;
  std::uint16_t port = 0;
  std::string path;
  bool is_ready = false, stopping = false, running = false, started_once = false, asked_for = false,
       end_was_asked_for = false;
  std::uint64_t generation = 0;
  Clock::time_point ending_until =
      Clock::time_point::min();  // when its time to end is over, once it was asked to
  int failed_starts = 0;         // in a row
  int pages = 0;

  [[nodiscard]] bool is_asked_to_end() const { return Clock::now() < ending_until; }
  [[nodiscard]] bool lets_in() const { return is_ready && !is_asked_to_end(); }
  [[nodiscard]] bool lives(std::uint64_t number) const { return running && generation == number; }

  // Chromium writes the file on a thread of its own: mostly before DevTools answers on the pipe, on a busy
  // machine after it.
  net::Task<bool> read_address() {
    const auto until = Clock::now() + policy.tells_port_within;
    const auto mine = generation;
    while (lives(mine)) {
      if (read_devtools_address(options.user_data_dir, port, path)) co_return true;
      if (Clock::now() >= until) break;
      Timer pause(io.get_executor(), kLookAgain);
      co_await pause.async_wait(kTuple);
    }
    co_return false;
  }

  net::Task<Result<void>> make_ready() {
    WYE_CO_CHECK(co_await pipe->call("Browser.getVersion", json::object(), ""));
    log.debug("chromium answers");
    const bool told = co_await read_address();
    if (!told)
      co_return Error{.kind = ErrorKind::internal,
                      .code = "internal_error",
                      .message = "Chromium did not tell its DevTools port"};
    co_return Result<void>();
  }

  // Opens the first page without waiting for it, which would add 70 ms to each start: every command that
  // reaches Chromium later is carried out later, so the page is there for every caller.
  static net::Task<> open_first_page(std::shared_ptr<Impl> self, std::shared_ptr<CdpPipe> cdp,
                                     std::string url) {
    const auto made = co_await cdp->call("Target.createTarget", one("url", "about:blank"), "");
    if (self->pipe != cdp || !self->running || self->is_asked_to_end()) co_return;
    if (!made) {
      self->log.warn("the first page cannot be opened", {{"reason", made.error().message}});
      ::kill(self->pid, SIGKILL);
      co_return;
    }
    self->log.debug("first page open");
    self->watch_pages();
    if (!url.empty()) self->open_start_url(made->is_object() ? made->get_object() : json::object(), url);
  }

  // Waits for no answer, since the page itself shows a failure.
  void open_start_url(const json::object& made, const std::string& url) {
    const auto* target = made.if_contains("targetId");
    if (target == nullptr) return;
    asio::co_spawn(
        io,
        [](std::shared_ptr<CdpPipe> cdp, json::value id, std::string to) -> net::Task<> {
          json::object attach = one("targetId", std::move(id));
          attach["flatten"] = true;
          auto attached = co_await cdp->call("Target.attachToTarget", std::move(attach), "");
          if (!attached || !attached->is_object() || !attached->get_object().contains("sessionId")) co_return;
          const std::string session(attached->get_object().at("sessionId").as_string());
          co_await cdp->call("Page.navigate", one("url", json::value(to)), session);
          co_await cdp->call("Target.detachFromTarget", one("sessionId", json::value(session)), "");
        }(pipe, *target, url),
        asio::detached);
  }

  // A page must always exist: when the last one closes, a blank one is opened; otherwise Chromium itself
  // would end.
  void watch_pages() {
    pages = 0;
    const auto count = [this](std::string_view method, const json::object& params) {
      if (method == "Target.targetCreated" && is_page(params)) ++pages, remember(params);
      if (method != "Target.targetDestroyed" || known_pages.erase(id_of(params)) == 0) return;
      // In a Chromium that is ending, a new page would call the end off.
      if (--pages == 0 && is_ready && pipe && !is_asked_to_end()) open_blank_page();
    };
    known_pages.clear();
    watching_pages = pipe->listen("", count);
    pipe->post("Target.setDiscoverTargets", one("discover", true), "", needed("Target.setDiscoverTargets"));
  }
  void open_blank_page() {
    pipe->post("Target.createTarget", one("url", "about:blank"), "", needed("Target.createTarget"));
  }
  // A call that must succeed: a new Chromium is better than one without a page.
  CdpChannel::Answered needed(std::string step) {
    return [weak = weak_from_this(), cdp = std::weak_ptr<CdpPipe>(pipe),
            step = std::move(step)](const Result<json::value>& answer) {
      const auto self = weak.lock();
      if (answer || answer.error().code != "cdp_error" || !self || !self->running) return;
      const auto mine = cdp.lock();
      if (self->pipe != mine) return;
      self->log.info("chromium refuses what is needed", {{"step", step}, {"reason", answer.error().message}});
      asio::co_spawn(self->io, end_useless(self, mine, "chromium refuses a page, it is started again"),
                     asio::detached);
    };
  }
  // Ends a Chromium that no longer works. One that closes in order refuses pages and ends its zygotes, too,
  // and may still have cookies to write, so it gets time for that.
  static net::Task<> end_useless(std::shared_ptr<Impl> self, std::shared_ptr<CdpPipe> cdp, const char* why) {
    const auto deadline = std::max(Clock::now() + kEndsByItself, self->ending_until);
    while (self->pipe == cdp && Clock::now() < deadline) co_await self->changed.wait(deadline);
    if (self->pipe != cdp || self->stopping) co_return;
    self->log.warn(why, {{"pid", self->pid}});
    ::kill(self->pid, SIGKILL);
  }
  static std::string id_of(const json::object& params) {
    const auto* id = params.if_contains("targetId");
    return id != nullptr && id->is_string() ? std::string(id->get_string()) : "";
  }
  static bool is_page(const json::object& params) {
    const auto* info = params.if_contains("targetInfo");
    if (info == nullptr || !info->is_object()) return false;
    const auto* type = info->get_object().if_contains("type");
    const auto* url = info->get_object().if_contains("url");
    return type != nullptr && *type == "page" &&
           !(url != nullptr && url->is_string() && url->get_string().starts_with("chrome-extension://"));
  }
  void remember(const json::object& params) {
    known_pages.insert(id_of(params.at("targetInfo").as_object()));
  }
  std::set<std::string> known_pages;

  net::Task<> watch_one() {
    const auto [home, file] = devtools_file(options.user_data_dir);
    beneath::remove(home, file);
    auto started = start_chromium(options);
    ++failed_starts;
    if (!started) {
      log.error("chromium did not start", {{"reason", started.error().message}});
      co_return;
    }
    pid = started->pid;
    running = true;
    ++generation;
    log.debug("chromium started", {{"pid", pid}});
    if (started->output && listener.prints) listener.prints(std::move(started->output));
    pipe = CdpPipe::open(io, std::move(started->to_chromium), std::move(started->from_chromium));
    asio::co_spawn(io, announce(shared_from_this(), pipe), asio::detached);
    asio::posix::basic_stream_descriptor<Executor> death(io.get_executor(), started->pidfd.release());
    co_await death.async_wait(asio::posix::descriptor_base::wait_read, kTuple);
    ::kill(-pid, SIGKILL);  // its process group, since zygotes and renderers may be slow to notice
    int status = 0;
    ::waitpid(pid, &status, 0);
    const bool was_ready = std::exchange(is_ready, false);
    end_was_asked_for = was_ready && is_asked_to_end();
    ending_until = Clock::time_point::min();
    running = false;
    port = 0;
    watching_pages.reset();
    pipe->close();
    pipe.reset();
    changed.notify();
    const bool in_order = was_ready && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!stopping && listener.ended) listener.ended({pid, !was_ready, !in_order});
  }

  static net::Task<> announce(std::shared_ptr<Impl> self, std::shared_ptr<CdpPipe> cdp) {
    auto made = co_await self->make_ready();
    if (!made) {
      self->log.warn("chromium is not usable", {{"reason", made.error().message}});
      if (self->pipe == cdp && self->running) ::kill(self->pid, SIGKILL);
      co_return;
    }
    if (self->pipe != cdp || !self->running) co_return;
    for (auto& zygote : open_zygotes(self->pid))
      asio::co_spawn(self->io, watch_zygote(self, cdp, std::move(zygote)), asio::detached);
    const bool again = std::exchange(self->started_once, true);
    asio::co_spawn(self->io, open_first_page(self, cdp, again ? std::string() : self->start_url),
                   asio::detached);
    if (self->listener.ready) self->listener.ready(cdp, again);
    if (self->listener.prepare) co_await self->listener.prepare();
    if (self->pipe != cdp || !self->running) co_return;
    self->is_ready = true;
    self->failed_starts = 0;
    self->changed.notify();
  }

  static net::Task<> watch_zygote(std::shared_ptr<Impl> self, std::shared_ptr<CdpPipe> cdp, UniqueFd pidfd) {
    asio::posix::basic_stream_descriptor<Executor> death(self->io.get_executor(), pidfd.release());
    co_await death.async_wait(asio::posix::descriptor_base::wait_read, kTuple);
    co_await end_useless(self, cdp, "chromium lost a zygote and can open no page, it is started again");
  }

  using Pause = std::chrono::steady_clock::duration;
  [[nodiscard]] Pause pause_after(Pause last, Pause lived) const {
    if (lived > policy.healthy_after) return Pause::zero();
    return std::min<Pause>(std::max<Pause>(last * 2, policy.first_pause), policy.longest_pause);
  }

  static net::Task<> run(std::shared_ptr<Impl> self) {
    auto pause = Pause::zero();
    while (!self->stopping) {
      const auto began = std::chrono::steady_clock::now();
      co_await self->watch_one();
      if (self->stopping) break;
      if (self->failed_starts >= self->policy.max_failed_starts) {
        co_await self->wait_until_asked_for();
        continue;
      }
      pause = self->pause_after(pause, std::chrono::steady_clock::now() - began);
      if (self->end_was_asked_for) pause = Pause::zero();
      Timer wait(self->io.get_executor(), pause);
      co_await wait.async_wait(kTuple);
    }
    self->changed.notify();
  }

  net::Task<> wait_until_asked_for() {
    if (failed_starts == policy.max_failed_starts) {
      log.error("chromium does not start; it is tried again when somebody asks for it");
      if (listener.gave_up) listener.gave_up();
    }
    asked_for = false;
    while (!asked_for && !stopping) co_await changed.wait();
  }
};

Browser::Browser(asio::io_context& io, ChromiumOptions options, std::string start_url, const Log& log,
                 Listener listener, RestartPolicy policy)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(start_url), log, std::move(listener),
                                   policy)) {}

Browser::~Browser() {
  impl_->stopping = true;
  impl_->listener = {};
  if (impl_->running) ::kill(-impl_->pid, SIGKILL);
}

void Browser::start() { asio::co_spawn(impl_->io, Impl::run(impl_), asio::detached); }

net::Task<> Browser::stop() {
  const auto self = impl_;
  self->stopping = true;
  if (self->pipe)
    self->pipe->post("Browser.close", json::object(), "", nullptr);  // Chromium is killed if it does not
  const auto deadline = std::chrono::steady_clock::now() + kStopWithin;
  while (self->running && std::chrono::steady_clock::now() < deadline) co_await self->changed.wait(deadline);
  if (self->running) ::kill(-self->pid, SIGKILL);
}

net::Task<Result<void>> Browser::set_window_size(int width, int height) {
  const auto self = impl_;
  const auto pipe = self->pipe;
  if (!self->lets_in() || !pipe)
    co_return Error{.kind = ErrorKind::disconnected,
                    .code = "upstream_unavailable",
                    .message = "the browser is starting",
                    .status = 503};
  WYE_CO_CHECK(co_await set_window_sizes(pipe, width, height));
  self->options.width = width;
  self->options.height = height;
  co_return Result<void>();
}

bool Browser::owns(pid_t pid) const { return impl_->running && impl_->pid == pid; }
bool Browser::ready() const { return impl_->lets_in(); }
std::uint64_t Browser::generation() const { return impl_->generation; }

void Browser::expect_end(std::uint64_t generation) {
  if (impl_->lives(generation) && !impl_->is_asked_to_end())
    impl_->ending_until = Clock::now() + kEndsOnceAsked;
}

void Browser::end_unreachable(std::uint64_t generation) {
  if (!impl_->lives(generation) || !impl_->pipe || impl_->is_asked_to_end()) return;
  expect_end(generation);
  impl_->pipe->post("Browser.close", json::object(), "", [](const Result<json::value>&) {});
  asio::co_spawn(impl_->io,
                 Impl::end_useless(impl_, impl_->pipe, "chromium has no port and stays, it is started again"),
                 asio::detached);
}

net::Task<bool> Browser::wait_ready(Clock::duration limit) {
  const auto self = impl_;
  const auto deadline = Clock::now() + limit;
  if (!self->is_ready) {
    self->asked_for = true;
    self->changed.notify();
  }
  while (!self->lets_in() && !self->stopping && Clock::now() < deadline) {
    const auto stays = self->is_asked_to_end() ? self->ending_until : deadline;
    co_await self->changed.wait(std::min(stays, deadline));
  }
  co_return self->lets_in();
}

net::Task<bool> Browser::has_ended(std::uint64_t generation) {
  const auto self = impl_;
  const auto deadline = Clock::now() + kEndIsKnownWithin;
  const auto answered = std::make_shared<bool>(false);  // shared with the answer, which may come too late
  if (self->lives(generation) && self->pipe)
    self->pipe->send("Browser.getVersion", "{}", "", [self, answered](const Result<json::value>& answer) {
      *answered = answer.has_value();
      self->changed.notify();
    });
  // A Chromium that was asked to end answers until it ends.
  while (self->lives(generation) && Clock::now() < deadline && (!*answered || self->is_asked_to_end())) {
    const auto stays = self->is_asked_to_end() ? self->ending_until : deadline;
    co_await self->changed.wait(std::min(stays, deadline));
  }
  co_return !self->lives(generation);
}

net::Task<bool> Browser::wait_next(std::uint64_t generation, Clock::time_point until) {
  const bool ended = co_await has_ended(generation);
  if (!ended) co_return false;
  const bool ready = co_await wait_ready(until - Clock::now());
  co_return ready;
}

std::uint16_t Browser::devtools_port() const { return impl_->is_ready ? impl_->port : 0; }
const std::string& Browser::browser_path() const { return impl_->path; }

}  // namespace wye::vm
