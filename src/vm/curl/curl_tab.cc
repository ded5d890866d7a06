#include "vm/curl/curl_tab.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <vector>

#include "base/try.h"
#include "net/wakeup.h"
#include "vm/curl/curl_extension.h"
#include "vm/curl/curl_page.h"
#include "vm/curl/json_fields.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr auto kMostPatience = std::chrono::seconds(30);
constexpr std::size_t kMaxDocuments = 16;  // bound while a page is made; only clients cause more

Error gone() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is restarting",
          .status = 503};
}

Error too_slow() {
  return {.kind = ErrorKind::timed_out,
          .code = "upstream_unavailable",
          .message =
              "the browser did not open the page for requests in time; a DevTools client may hold new "
              "targets (waitForDebuggerOnStart)",
          .status = 504};
}

Error failed(std::string what) {
  return {.kind = ErrorKind::internal, .code = "internal_error", .message = std::move(what)};
}

}  // namespace

struct CurlTab::State : std::enable_shared_from_this<State> {
  using Clock = net::Wakeup::Clock;
  enum class Step { nothing, target, page };

  State(boost::asio::io_context& context, std::string directory, Listener told, Clock::duration patient)
      : io(context),
        extension_dir(std::move(directory)),
        listener(std::move(told)),
        first_patience(patient),
        changed(context) {}

  boost::asio::io_context& io;
  const std::string extension_dir;
  Listener listener;
  std::shared_ptr<CdpChannel> channel;  // shared with the owner of Chromium
  std::shared_ptr<void> of_page, of_browser;
  std::string target, session, page;   // `page` is its address
  std::vector<std::string> documents;  // documents shown since the page was last asked for
  Step step = Step::nothing;
  bool making = false;
  std::uint64_t generation = 0;  // makers of earlier pages are ignored
  int attempts = 0;              // that have ended
  std::optional<Error> failure;  // of the last attempt
  const Clock::duration first_patience;
  Clock::duration patience = first_patience;  // of the next attempt
  net::Wakeup changed;

  net::Task<Result<void>> make(std::uint64_t mine, Step wanted) {
    const auto through = channel;
    if (!through) co_return gone();
    const bool is_old = step != Step::nothing;
    if (!is_old) WYE_CO_CHECK(co_await make_target(through, mine));
    if (wanted == Step::target) co_return Result<void>();
    if (session.empty()) {
      auto attached = co_await attach_to_target(through, mine);
      if (!attached && is_old && mine == generation) {  // a client has closed it, and we were not told
        WYE_CO_CHECK(co_await make_target(through, mine));
        attached = co_await attach_to_target(through, mine);
      }
      if (!attached) co_return attached.error();
    }
    const bool known = !page.empty();
    Result<void> opened = gone();
    if (known) opened = co_await open_page(through, mine);
    // A client may have removed the extension.
    if (!opened && mine == generation) opened = co_await load_and_open(through, mine);
    if (mine != generation) co_return gone();
    if (opened) step = Step::page;
    co_return opened;
  }

  net::Task<Result<void>> load_and_open(std::shared_ptr<CdpChannel> through, std::uint64_t mine) {
    auto loaded = co_await load_curl_extension(through, extension_dir);
    if (!loaded) co_return loaded.error();
    if (mine != generation) co_return gone();
    page = std::move(*loaded);
    co_return co_await open_page(through, mine);
  }

  net::Task<Result<void>> make_target(std::shared_ptr<CdpChannel> through, std::uint64_t mine) {
    WYE_CO_TRY(const auto made,
               co_await through->call("Target.createTarget", fields("url", "about:blank", "hidden", true)));
    if (mine != generation) {  // this attempt was given up meanwhile
      close(through, text_at(made, "targetId"));
      co_return gone();
    }
    target = text_at(made, "targetId");
    step = Step::target;
    changed.notify();
    co_return Result<void>();
  }

  net::Task<Result<void>> attach_to_target(std::shared_ptr<CdpChannel> through, std::uint64_t mine) {
    WYE_CO_TRY(const auto attached,
               co_await through->call("Target.attachToTarget", fields("targetId", target, "flatten", true)));
    if (mine != generation) co_return gone();
    session = text_at(attached, "sessionId");
    listen();
    const auto to = session;
    WYE_CO_CHECK(co_await through->call("Page.enable", json::object(), to));
    WYE_CO_CHECK(co_await through->call("Inspector.enable", json::object(), to));
    WYE_CO_CHECK(co_await through->call(
        "Network.enable", fields("maxTotalBufferSize", 0, "maxResourceBufferSize", 0, "maxPostDataSize", 0),
        to));
    json::array web;
    web.push_back(fields("urlPattern", "http*"));
    WYE_CO_CHECK(
        co_await through->call("Fetch.enable", fields("patterns", web, "handleAuthRequests", true), to));
    co_return Result<void>();
  }

  // Commands that reach the session before the new document is shown may still go to the old one.
  net::Task<Result<void>> open_page(std::shared_ptr<CdpChannel> through, std::uint64_t mine) {
    const auto to = session;
    documents.clear();
    WYE_CO_TRY(const auto shown, co_await through->call("Page.navigate", fields("url", page), to));
    if (const auto why = text_at(shown, "errorText"); !why.empty())
      co_return failed("the page for requests cannot be opened: " + why);
    const auto wanted = text_at(shown, "loaderId");
    const auto is_shown = [&] {
      return std::find(documents.begin(), documents.end(), wanted) != documents.end();
    };
    while (mine == generation && !is_shown()) co_await changed.wait();
    if (mine != generation) co_return gone();
    WYE_CO_CHECK(co_await through->call("Runtime.addBinding", fields("name", std::string(kCurlBinding)), to));
    WYE_CO_TRY(
        const auto ran,
        co_await through->call("Runtime.evaluate", fields("expression", std::string(kCurlPageScript)), to));
    if (ran.is_object() && ran.get_object().contains("exceptionDetails"))
      co_return failed("the curl page's script failed");
    if (mine == generation && documents.back() != wanted) give_up();  // a client has navigated it meanwhile
    co_return Result<void>();
  }

  void listen() {
    of_page = channel->listen(session, [this](std::string_view method, const json::object& params) {
      if (method == "Inspector.targetCrashed") return lose_page();
      if (method == "Page.frameNavigated") return on_navigated(params);
      if (listener.event) listener.event(method, params);
    });
    of_browser = channel->listen("", [this](std::string_view method, const json::object& params) {
      if (method == "Target.detachedFromTarget" && text_at(params, "sessionId") == session) lose_target();
    });
  }

  void on_navigated(const json::object& params) {
    const auto* frame = object_at(params, "frame");
    if (frame == nullptr || frame->contains("parentId")) return;
    if (step == Step::page) return lose_page();  // a client has navigated it
    if (!making) return;
    documents.push_back(text_at(*frame, "loaderId"));
    if (documents.size() > kMaxDocuments) return give_up();
    changed.notify();
  }

  // The target stays, and the page is made again in it.
  void lose_page() {
    const auto keep = shared_from_this();
    if (step == Step::page) step = Step::target;
    give_up();
    if (listener.lost) listener.lost();
  }

  void lose_target() {
    const auto keep = shared_from_this();
    forget_target();
    if (listener.lost) listener.lost();
  }

  // Ignores the result: a target that is gone need not be closed.
  static void close(const std::shared_ptr<CdpChannel>& through, const std::string& which) {
    if (through && !which.empty())
      through->post("Target.closeTarget", fields("targetId", which), "", nullptr);
  }

  void forget_target() {
    const auto listening = std::exchange(of_page, nullptr), around = std::exchange(of_browser, nullptr);
    close(channel, target);
    target.clear();
    session.clear();
    page.clear();
    step = Step::nothing;
    give_up();
  }

  // Waiting callers try again.
  void give_up() {
    ++generation;
    if (making) end_attempt(std::nullopt);
    changed.notify();
  }

  void end_attempt(std::optional<Error> why) {
    making = false;
    if (!why) patience = first_patience;
    failure = std::move(why);
    ++attempts;
    changed.notify();
  }

  static net::Task<> run_maker(std::shared_ptr<State> self, Step wanted) {
    const auto mine = self->generation;
    const auto made = co_await self->make(mine, wanted);
    if (mine != self->generation) co_return;
    self->making = false;
    if (!made) self->forget_target();
    self->end_attempt(made ? std::optional<Error>() : std::optional<Error>(made.error()));
  }
  // DevTools may never answer one of an attempt's calls; the next attempt does not wait for it.
  static net::Task<> run_watch(std::shared_ptr<State> self) {
    const auto mine = self->generation;
    const auto until = Clock::now() + self->patience;
    const auto under_way = [&] { return self->making && mine == self->generation; };
    while (under_way() && co_await self->changed.wait(until)) continue;
    if (!under_way()) co_return;
    self->patience = std::min<Clock::duration>(2 * self->patience, kMostPatience);
    self->making = false;
    self->forget_target();
    self->end_attempt(too_slow());
  }

  static void start(const std::shared_ptr<State>& self, Step wanted) {
    if (std::exchange(self->making, true)) return;
    boost::asio::co_spawn(self->io, run_maker(self, wanted), boost::asio::detached);
    boost::asio::co_spawn(self->io, run_watch(self), boost::asio::detached);
  }

  static net::Task<Result<void>> reach(std::shared_ptr<State> self, Step wanted, Clock::time_point deadline) {
    while (self->step < wanted) {
      const auto attempt = self->attempts;
      start(self, wanted);
      const auto undecided = [&] { return self->attempts == attempt && self->step < wanted; };
      while (undecided())
        if (!co_await self->changed.wait(deadline) && undecided()) co_return too_slow();
      if (self->step < wanted && self->failure && self->failure->kind != ErrorKind::timed_out)
        co_return *self->failure;
    }
    co_return Result<void>();
  }
};

CurlTab::CurlTab(boost::asio::io_context& io, std::string extension_dir, Listener listener,
                 std::chrono::steady_clock::duration patience)
    : state_(std::make_shared<State>(io, std::move(extension_dir), std::move(listener), patience)) {}

CurlTab::~CurlTab() {
  state_->listener = {};
  state_->channel.reset();
  state_->forget_target();
}

void CurlTab::attach(std::shared_ptr<CdpChannel> channel) {
  state_->channel.reset();  // requests in the old one end with it
  state_->forget_target();
  state_->channel = std::move(channel);
  if (state_->listener.lost) state_->listener.lost();
}

void CurlTab::reserve() {
  if (state_->step == State::Step::nothing) State::start(state_, State::Step::target);
}

net::Task<Result<std::string>> CurlTab::target(std::chrono::steady_clock::time_point deadline) {
  const auto self = state_;
  WYE_CO_CHECK(co_await State::reach(self, State::Step::target, deadline));
  co_return self->target;
}

net::Task<Result<void>> CurlTab::ready(std::chrono::steady_clock::time_point deadline) {
  return State::reach(state_, State::Step::page, deadline);
}

void CurlTab::post(std::string method, json::object params, CdpChannel::Answered answered) {
  if (state_->channel && state_->step == State::Step::page)
    state_->channel->post(std::move(method), std::move(params), state_->session, std::move(answered));
}

void CurlTab::lose() { state_->lose_page(); }
void CurlTab::replace() { state_->lose_target(); }

std::uint64_t CurlTab::page() const { return state_->generation; }

bool CurlTab::is_it(std::string_view target_id) const {
  return !target_id.empty() && target_id == state_->target;
}

}  // namespace wye::vm
