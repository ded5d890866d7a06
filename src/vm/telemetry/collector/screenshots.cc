#include "vm/telemetry/collector/screenshots.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vm/telemetry/collector/input_script.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kCategory = "screenshot";
constexpr double kSmallest = 0.05;

const json::object& object_of(const Result<json::value>& answer) {
  static const json::object kNone;
  return answer && answer->is_object() ? answer->get_object() : kNone;
}

}  // namespace

void Screenshots::set_on(bool on) {
  if (std::exchange(on_, on) == on) return;
  if (on)
    sink_.deadlines().set({Deadlines::What::screenshot, ""}, sink_.now());
  else
    clear();
}

void Screenshots::clear() {
  sink_.deadlines().clear({Deadlines::What::screenshot, ""});
  alive_ = std::make_shared<int>();
  on_ = waits_for_page_ = false;
  end();
  asked_.clear();
  scale_ = 1;
}

void Screenshots::on_page() {
  if (on_ && std::exchange(waits_for_page_, false))
    sink_.deadlines().set({Deadlines::What::screenshot, ""}, sink_.now());
}

// Asks a page. An answer after its page was skipped shows only that the page answers again.
void Screenshots::ask(std::string_view method, const std::string& params, std::shared_ptr<Shot> shot,
                      Step then, CdpPort& port, std::chrono::seconds within) {
  asked_[shot->session] = sink_.now();
  sink_.deadlines().set({Deadlines::What::screenshot_answer, ""}, sink_.now() + within);
  const auto session = shot->session;
  const auto number = ++shot->asks;
  auto done = [this, then, shot = std::move(shot), session, number, &port,
               alive = std::weak_ptr<int>(alive_)](Result<json::value> answer) {
    if (alive.expired()) return;
    asked_.erase(session);
    if (shot == under_way_ && shot->asks == number) (this->*then)(shot, std::move(answer), port);
  };
  port.send(method, params, session, std::move(done));
}

void Screenshots::on_silence(CdpPort& port) {
  if (const auto shot = under_way_) {
    ++shot->asks;  // the earlier question is no longer waited for
    choose(shot, port);
  }
}

bool Screenshots::owes_answer(const std::string& session) const {
  const auto since = asked_.find(session);
  return since != asked_.end() && sink_.now() - since->second < kAskAgainAfter;
}

void Screenshots::on_due(CdpPort& port) {
  sink_.deadlines().set({Deadlines::What::screenshot, ""}, sink_.now() + kEvery);
  if (under_way_ || !sink_.admits(kCategory)) return;
  std::erase_if(asked_, [&](const auto& asked) { return targets_.of_session(asked.first) == nullptr; });
  std::vector<Target*> pages;
  targets_.for_each([&](Target& target) {
    if (target.is_page()) pages.push_back(&target);
  });
  waits_for_page_ = pages.empty();
  const bool is_only_page = pages.size() == 1;
  std::erase_if(pages, [&](const auto* page) { return owes_answer(page->session); });
  if (pages.empty()) return;
  std::sort(pages.begin(), pages.end(),
            [](const auto* a, const auto* b) { return a->last_active > b->last_active; });
  pages.resize(std::min(pages.size(), kMaxPagesAsked));
  auto shot =
      std::make_shared<Shot>();  // shared by the answers for one picture, which come one after another
  shot->is_only_page = is_only_page;
  for (auto at = pages.rbegin(); at != pages.rend(); ++at) shot->pages.push_back((*at)->session);
  under_way_ = shot;
  choose(std::move(shot), port);
}

// Chooses the page: the only one, or the first that reports itself visible, asked in our isolated world.
void Screenshots::choose(std::shared_ptr<Shot> shot, CdpPort& port) {
  if (shot->pages.empty()) return end();
  shot->session = shot->pages.back();
  shot->pages.pop_back();
  const auto* target = targets_.of_session(shot->session);
  if (target == nullptr) return choose(std::move(shot), port);
  if (shot->is_only_page) return measure(std::move(shot), port);
  ObjectText params;
  params.text("frameId", target->id).text("worldName", kWorldName);
  ask("Page.createIsolatedWorld", std::move(params).finish(), shot, &Screenshots::on_world, port);
}

void Screenshots::on_world(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  const auto context = integer_at(object_of(answer), "executionContextId");
  if (context == 0) return choose(std::move(shot), port);
  ObjectText params;
  params.text("expression", "document.visibilityState").number("contextId", context);
  ask("Runtime.evaluate", std::move(params).finish(), shot, &Screenshots::on_visible, port);
}

void Screenshots::on_visible(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  if (text_at(object_at(object_of(answer), "result"), "value") == "visible")
    return measure(std::move(shot), port);
  choose(std::move(shot), port);
}

void Screenshots::measure(std::shared_ptr<Shot> shot, CdpPort& port) {
  if (scale_ >= 1) return capture(std::move(shot), R"({"format":"png"})", port);
  ask("Page.getLayoutMetrics", "{}", shot, &Screenshots::on_measured, port);
}

void Screenshots::on_measured(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  const auto& view = object_at(object_of(answer), "cssVisualViewport");
  if (view.empty()) return end();
  ObjectText clip, params;
  clip.number("x", number_at(view, "pageX"))
      .number("y", number_at(view, "pageY"))
      .number("width", number_at(view, "clientWidth"))
      .number("height", number_at(view, "clientHeight"))
      .number("scale", scale_);
  params.text("format", "png").raw("clip", std::move(clip).finish());
  capture(std::move(shot), std::move(params).finish(), port);
}

void Screenshots::capture(std::shared_ptr<Shot> shot, const std::string& params, CdpPort& port) {
  ask("Page.captureScreenshot", params, shot, &Screenshots::captured, port, kPaintsWithin);
}

void Screenshots::captured(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  const auto png = text_at(object_of(answer), "data");
  const auto* target = targets_.of_session(shot->session);
  if (png.empty() || target == nullptr) return end();
  const auto fit = std::sqrt(static_cast<double>(kMaxBase64) / static_cast<double>(png.size()));
  if (png.size() > kMaxBase64) {
    // The bytes grow with the area; a little less, so that the next try fits.
    scale_ = std::max(kSmallest, scale_ * fit * 0.9);
    if (++shot->tries < kMaxTries) return measure(std::move(shot), port);
    sink_.drop(kCategory, "overload");
    return end();
  }
  ObjectText data;
  data.text("png", png);
  sink_.emit("monitor_screenshot", kCategory, "Page.captureScreenshot", *target, std::move(data).finish());
  if (scale_ < 1 && fit > 2) scale_ = std::min(1.0, scale_ * fit / 2);  // the page has become simpler
  end();
}

void Screenshots::end() {
  under_way_.reset();
  sink_.deadlines().clear({Deadlines::What::screenshot_answer, ""});
}

}  // namespace wye::vm
