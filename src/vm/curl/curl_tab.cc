#include "vm/curl/curl_tab.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/value_from.hpp>
#include <filesystem>
#include <optional>

#include "base/beneath.h"
#include "base/try.h"
#include "net/wakeup.h"
#include "vm/curl/curl_page.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr auto kMostPatience = std::chrono::seconds(30);
constexpr std::string_view kManifest = R"({
  "manifest_version": 3,
  "name": "Wye",
  "version": "1",
  "host_permissions": ["<all_urls>"]
})";
constexpr std::string_view kPage = "<!doctype html><meta charset=utf-8><title></title>";

std::string text_at(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* found = object != nullptr ? object->if_contains(key) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

Error gone() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is restarting",
          .status = 503};
}

Error too_slow() {
  return {.kind = ErrorKind::timed_out,
          .code = "upstream_unavailable",
          .message = "the browser did not open the page for requests in time",
          .status = 504};
}

Error failed(const char* what) {
  return {.kind = ErrorKind::internal, .code = "internal_error", .message = what};
}

// Built by a call, since g++ 12 refuses initializer lists inside an awaited expression.
void set_all(json::object&) {}
template <class Value, class... Rest>
void set_all(json::object& out, std::string_view key, Value value, Rest... rest) {
  out[key] = json::value_from(std::move(value));
  set_all(out, std::move(rest)...);
}
template <class... Fields>
json::object fields(Fields... values) {
  json::object out;
  set_all(out, std::move(values)...);
  return out;
}

Result<void> write_extension(const std::string& directory) {
  const std::filesystem::path path(directory);
  const auto made = beneath::make_directory(path.parent_path(), path.filename(), 0755);
  if (!made || !beneath::write(*made, "manifest.json", kManifest) ||
      !beneath::write(*made, "page.html", kPage))
    return failed("the curl extension cannot be written");
  return {};
}

}  // namespace

struct CurlTab::State : std::enable_shared_from_this<State> {
  using Clock = net::Wakeup::Clock;
  State(boost::asio::io_context& context, std::string directory, Listener told, Clock::duration patient)
      : io(context),
        extension_dir(std::move(directory)),
        listener(std::move(told)),
        first_patience(patient),
        changed(context) {}

  boost::asio::io_context& io;
  const std::string extension_dir;
  Listener listener;
  std::shared_ptr<CdpChannel> channel;  // shared with the process that owns Chromium
  std::shared_ptr<void> of_page, of_browser;
  std::string target, session;
  bool making = false, is_ready = false;
  std::uint64_t generation = 0;  // a maker of an earlier one has nothing to say any more
  int attempts = 0;              // that have ended
  std::optional<Error> failure;  // of the last one
  const Clock::duration first_patience;
  Clock::duration patience = first_patience;  // with the next one
  net::Wakeup changed;

  net::Task<Result<void>> make(std::uint64_t mine) {
    const auto through = channel;
    if (!through) co_return gone();
    WYE_CO_CHECK(write_extension(extension_dir));
    WYE_CO_TRY(const auto loaded,
               co_await through->call("Extensions.loadUnpacked", fields("path", extension_dir)));
    const auto page = "chrome-extension://" + text_at(loaded, "id") + "/page.html";
    WYE_CO_TRY(const auto made,
               co_await through->call("Target.createTarget", fields("url", page, "hidden", true)));
    if (mine != generation) {  // given up meanwhile
      through->post("Target.closeTarget", fields("targetId", text_at(made, "targetId")), "");
      co_return gone();
    }
    target = text_at(made, "targetId");
    WYE_CO_TRY(const auto attached,
               co_await through->call("Target.attachToTarget", fields("targetId", target, "flatten", true)));
    if (mine != generation) co_return gone();
    session = text_at(attached, "sessionId");
    listen();
    co_return co_await prepare(through, session);
  }

  static net::Task<Result<void>> prepare(std::shared_ptr<CdpChannel> through, std::string page) {
    WYE_CO_CHECK(co_await through->call("Inspector.enable", json::object(), page));
    WYE_CO_CHECK(
        co_await through->call("Runtime.addBinding", fields("name", std::string(kCurlBinding)), page));
    WYE_CO_CHECK(co_await through->call(
        "Network.enable", fields("maxTotalBufferSize", 0, "maxResourceBufferSize", 0, "maxPostDataSize", 0),
        page));
    json::array everything;
    everything.push_back(fields("urlPattern", std::string("*")));
    WYE_CO_CHECK(co_await through->call("Fetch.enable",
                                        fields("patterns", everything, "handleAuthRequests", true), page));
    WYE_CO_TRY(
        const auto ran,
        co_await through->call("Runtime.evaluate", fields("expression", std::string(kCurlPageScript)), page));
    if (ran.is_object() && ran.get_object().contains("exceptionDetails"))
      co_return failed("the curl page's script failed");
    co_return Result<void>();
  }

  void listen() {
    of_page = channel->listen(session, [this](std::string_view method, const json::object& params) {
      if (method == "Inspector.targetCrashed") return lose();
      if (listener.event) listener.event(method, params);
    });
    of_browser = channel->listen("", [this](std::string_view method, const json::object& params) {
      if (method == "Target.detachedFromTarget" && text_at(params, "sessionId") == session) lose();
    });
  }

  // A page that crashed is still a target; the next one is another.
  void lose() {
    const auto keep = shared_from_this();
    if (channel && !target.empty()) channel->post("Target.closeTarget", fields("targetId", target), "");
    forget();
    if (listener.lost) listener.lost();
  }

  void forget() {
    ++generation;
    const auto page = std::exchange(of_page, nullptr), browser = std::exchange(of_browser, nullptr);
    target.clear();
    session.clear();
    is_ready = false;
    if (std::exchange(making, false)) end_attempt(gone());
  }

  void end_attempt(std::optional<Error> why) {
    making = false;
    is_ready = !why;
    if (is_ready) patience = first_patience;
    failure = std::move(why);
    ++attempts;
    changed.notify();
  }

  static net::Task<> run_maker(std::shared_ptr<State> self) {
    const auto mine = self->generation;
    auto made = co_await self->make(mine);
    if (mine != self->generation) co_return;
    if (!made) self->forget_failed();
    self->end_attempt(made ? std::optional<Error>() : std::optional<Error>(made.error()));
  }
  // DevTools may never answer one of an attempt's calls: the next attempt need not wait until that is given
  // up.
  static net::Task<> run_watch(std::shared_ptr<State> self) {
    const auto mine = self->generation;
    const auto until = Clock::now() + self->patience;
    const auto under_way = [&] { return self->making && mine == self->generation; };
    while (under_way() && co_await self->changed.wait(until)) continue;
    if (!under_way()) co_return;
    self->patience = std::min<Clock::duration>(2 * self->patience, kMostPatience);
    self->forget_failed();
    self->end_attempt(too_slow());
  }
  void forget_failed() {
    making = false;
    if (channel && !target.empty()) channel->post("Target.closeTarget", fields("targetId", target), "");
    forget();
  }
};

CurlTab::CurlTab(boost::asio::io_context& io, std::string extension_dir, Listener listener,
                 std::chrono::steady_clock::duration patience)
    : state_(std::make_shared<State>(io, std::move(extension_dir), std::move(listener), patience)) {}

CurlTab::~CurlTab() {
  state_->listener = {};
  state_->forget();
  state_->channel.reset();
}

void CurlTab::attach(std::shared_ptr<CdpChannel> channel) {
  state_->forget();
  state_->channel = std::move(channel);
  if (state_->listener.lost) state_->listener.lost();
}

net::Task<Result<void>> CurlTab::ready(std::chrono::steady_clock::time_point deadline) {
  const auto self = state_;
  while (!self->is_ready) {
    const auto attempt = self->attempts;
    if (!std::exchange(self->making, true)) {
      boost::asio::co_spawn(self->io, State::run_watch(self), boost::asio::detached);
      boost::asio::co_spawn(self->io, State::run_maker(self), boost::asio::detached);
    }
    while (self->attempts == attempt)
      if (!co_await self->changed.wait(deadline) && self->attempts == attempt) co_return too_slow();
    if (self->failure && self->failure->kind != ErrorKind::timed_out) co_return *self->failure;
  }
  co_return Result<void>();
}

void CurlTab::post(std::string method, json::object params) {
  if (state_->channel && state_->is_ready)
    state_->channel->post(std::move(method), std::move(params), state_->session);
}

bool CurlTab::is_it(std::string_view target_id) const {
  return !target_id.empty() && target_id == state_->target;
}

}  // namespace wye::vm
