#include "vm/computer/pages.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "base/try.h"
#include "vm/cdp/json_endpoints.h"
#include "vm/curl/json_fields.h"
#include "vm/served_calls.h"

namespace wye::vm {

namespace json = boost::json;
using std::chrono::steady_clock;

namespace {

constexpr auto kBrowserWithin = std::chrono::seconds(15);
constexpr auto kPageWithin = std::chrono::seconds(5);
constexpr std::size_t kMostPages = 1'024;
constexpr int kLargestSide = 100'000;

Error no_page() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser has no page yet",
          .status = 503};
}

void note_size(Page& page, const json::object& metadata) {
  const auto side = [&](std::string_view name) {
    const auto* found = metadata.if_contains(name);
    const double value = found == nullptr     ? 0
                         : found->is_double() ? found->get_double()
                         : found->is_int64()  ? static_cast<double>(found->get_int64())
                                              : 0;
    return value >= 1 && value <= kLargestSide ? static_cast<int>(value) : 0;
  };
  page.frame->size = {side("deviceWidth"), side("deviceHeight")};
}

}  // namespace

void Pages::attach(std::shared_ptr<CdpChannel> channel) {
  channel_ = std::move(channel);
  watching_.reset();
  for (const auto& page : std::exchange(pages_, {})) page->gone = true;
  changed_.notify();
}

net::Task<Result<void>> Pages::watch() {
  const auto through = channel_;
  if (!through) co_return browser_starting();
  if (watching_) co_return Result<void>();
  watching_ = through->listen("", [this](std::string_view method, const json::object& params) {
    if (method == "Target.targetCreated") {
      const auto* info = object_at(params, "targetInfo");
      if (info != nullptr && text_at(*info, "type") == "page") add(text_at(*info, "targetId"));
      return;
    }
    const bool destroyed = method == "Target.targetDestroyed";
    if (!destroyed && method != "Target.detachedFromTarget") return;
    const auto which = text_at(params, destroyed ? "targetId" : "sessionId");
    const auto at = std::find_if(pages_.begin(), pages_.end(), [&](const auto& page) {
      return (destroyed ? page->id : page->session) == which;
    });
    if (at != pages_.end()) remove(*at);
  });
  WYE_CO_TRY(const auto answer, co_await through->call("Target.getTargets", json::object()));
  if (through != channel_) co_return browser_starting();
  const auto* infos = answer.is_object() ? answer.get_object().if_contains("targetInfos") : nullptr;
  if (infos == nullptr || !infos->is_array()) co_return Result<void>();
  for (const auto& info : infos->get_array())
    if (text_at(info, "type") == "page") add(text_at(info, "targetId"));
  co_return Result<void>();
}

void Pages::add(const std::string& id) {
  const auto is_it = [&](const auto& page) { return page->id == id; };
  if (pages_.size() >= kMostPages || std::any_of(pages_.begin(), pages_.end(), is_it)) return;
  const auto page = std::make_shared<Page>();  // shared with calls under way
  page->id = id;
  pages_.push_back(page);
  channel_->post("Target.attachToTarget", fields("targetId", id, "flatten", true), "",
                 [this, weak = std::weak_ptr(page)](const Result<json::value>& answer) {
                   const auto kept = weak.lock();
                   if (!kept || kept->gone) return;
                   if (!answer) return remove(kept);
                   attached(kept, text_at(*answer, "sessionId"));
                 });
}

// The answer to Page.enable is not waited for: a page that is busy gives it late.
void Pages::attached(const std::shared_ptr<Page>& page, const std::string& session) {
  page->session = session;
  page->listening = channel_->listen(
      session, [this, weak = std::weak_ptr(page)](std::string_view method, const json::object& params) {
        if (const auto kept = weak.lock()) on_page_event(*kept, method, params);
      });
  channel_->post("Page.enable", json::object(), session, [](const Result<json::value>&) {});
  changed_.notify();
}

void Pages::remove(std::shared_ptr<Page> page) {
  const auto keep = std::move(page);
  keep->gone = true;
  keep->listening.reset();
  std::erase(pages_, keep);
  changed_.notify();
}

void Pages::on_page_event(Page& page, std::string_view method, const json::object& params) {
  if (method == "Page.javascriptDialogOpening") {
    page.dialog = PageDialog{text_at(params, "type"), text_at(params, "defaultPrompt")};
  } else if (method == "Page.javascriptDialogClosed") {
    close_dialog(page);
  } else if (method == "Page.frameResized") {
    page.size.reset();
  } else if (method == "Page.screencastFrame" && page.wants_frame && !page.frame) {
    page.frame = Page::Frame{text_at(params, "data"), {}};
    if (const auto* metadata = object_at(params, "metadata")) note_size(page, *metadata);
  } else {
    return;
  }
  changed_.notify();
}

void Pages::close_dialog(Page& page) {
  page.dialog.reset();
  for (auto& command : std::exchange(page.owed, {}))
    channel_->post(std::move(command.method), std::move(command.params), page.session,
                   [](const Result<json::value>&) {});
}

std::vector<std::shared_ptr<Page>> Pages::present() const {
  auto out = pages_;
  std::erase_if(out, [](const auto& page) { return page->session.empty(); });
  return out;
}

// A Chromium that ends meanwhile has got nothing yet: the next one is asked.
net::Task<Result<std::shared_ptr<Page>>> Pages::active() {
  const auto until = steady_clock::now() + kBrowserWithin;
  for (;;) {
    const bool ready = co_await browser_.wait_ready(until - steady_clock::now());
    if (!ready) co_return browser_starting();
    const auto generation = browser_.generation();
    auto page = co_await find();
    if (page) co_return page;
    const bool next = co_await browser_.wait_next(generation, until);
    if (!next) co_return page;
  }
}

net::Task<Result<std::shared_ptr<Page>>> Pages::find() {
  WYE_CO_CHECK(co_await watch());
  const auto until = steady_clock::now() + kPageWithin;
  // Those that are being attached may be the one that is meant.
  const auto undecided = [&] {
    return pages_.empty() ||
           std::any_of(pages_.begin(), pages_.end(), [](const auto& page) { return page->session.empty(); });
  };
  while (undecided() && channel_ && steady_clock::now() < until) co_await changed_.wait(until);
  auto all = present();
  if (all.empty()) co_return channel_ ? no_page() : browser_starting();
  if (all.size() == 1) co_return all.front();
  co_return co_await last_used(std::move(all));
}

// DevTools' list over HTTP begins with the page that was used last; nothing else of DevTools tells it.
net::Task<Result<std::shared_ptr<Page>>> Pages::last_used(std::vector<std::shared_ptr<Page>> pages) {
  WYE_CO_TRY(const auto answer, co_await ask_devtools(io_, browser_, "GET", "/json/list"));
  boost::system::error_code error;
  const auto list = json::parse(answer.body, error);
  if (!error && list.is_array())
    for (const auto& target : list.get_array())
      for (const auto& page : pages)
        if (!page->gone && page->id == text_at(target, "id")) co_return page;
  co_return no_page();
}

std::shared_ptr<Page> Pages::beside(const Page& page, bool after) const {
  const auto all = present();
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.get() == &page; });
  if (at == all.end()) return nullptr;
  const auto index = static_cast<std::size_t>(at - all.begin());
  return all[(index + (after ? 1 : all.size() - 1)) % all.size()];
}

std::shared_ptr<Pages::Reply> Pages::send(const std::shared_ptr<Page>& page, std::string method,
                                          json::object params) {
  auto reply = std::make_shared<Reply>();  // shared with the answer, which may come too late
  if (page->gone || !channel_) {
    reply->answer = Result<json::value>(no_page());
    return reply;
  }
  channel_->post(std::move(method), std::move(params), page->session,
                 [this, page, reply](Result<json::value> answer) {
                   page->silent = false;
                   reply->answer = std::move(answer);
                   changed_.notify();
                 });
  return reply;
}

net::Task<bool> Pages::answered(std::shared_ptr<Page> page, std::shared_ptr<Reply> reply,
                                std::chrono::milliseconds within) {
  const auto until = steady_clock::now() + within;
  const auto open = [&] { return !reply->answer && !page->dialog && !page->gone; };
  while (open() && !page->silent && steady_clock::now() < until) co_await changed_.wait(until);
  if (open()) page->silent = true;
  co_return reply->answer.has_value();
}

}  // namespace wye::vm
