#include "vm/telemetry/collector/collector.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "vm/telemetry/collector/input_script.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace asio = boost::asio;
namespace json = boost::json;

// Keeps one timer for the next deadline, and sets it again after every event.
struct Collector::Timer {
  explicit Timer(asio::io_context& io) : wait(io.get_executor()) {}
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      wait;
  std::optional<Deadlines::Time> at;

  void follow(Collector& owner) {
    const auto next = owner.deadlines_.next();
    if (next == at) return;
    at = next;
    if (!next) return void(wait.cancel());
    wait.expires_at(*next);
    wait.async_wait([this, &owner, alive = std::weak_ptr<int>(token)](const auto& error) {
      if (error || alive.expired()) return;
      at.reset();
      for (const auto& key : owner.deadlines_.take_due(owner.sink_.now())) owner.on_due(key);
      follow(owner);
    });
  }
  std::shared_ptr<int> token = std::make_shared<int>();
};

Collector::Collector(asio::io_context& io, const Clock& clock, const Log& log, TelemetryHub& hub,
                     bool stealth, std::string name)
    : log_(log),
      hub_(hub),
      sink_(hub, clock, deadlines_),
      worlds_(targets_, std::move(name),
              [this](const std::string& step, const std::string& why) { init_failed(step, why); }),
      setup_(sink_, targets_, worlds_, stealth,
             {.failed = [this](Target&, const std::string& step,
                               const std::string& why) { init_failed(step, why); },
              .frame_tree =
                  [this](Target& target, const json::object& tree) {
                    if (page_.on_frame_tree(target, tree))
                      setup_.add(target, "Page.setLifecycleEventsEnabled", R"({"enabled":true})", *port_);
                    if (!target.enabled.interaction && !target.enabled.quiet_console) return;
                    for (const auto& [id, frame] : target.frames) worlds_.open(target, id, *port_);
                  },
              .in_effect = [this] { changed_.notify(); }}),
      network_(sink_),
      console_(sink_),
      quiet_console_(sink_),
      page_(sink_, targets_),
      interaction_(sink_),
      screenshots_(sink_, targets_),
      changed_(io),
      timer_(std::make_unique<Timer>(io)) {
  hub_.on_configure([this] { configured(); });
}

Collector::~Collector() { hub_.on_configure(nullptr); }

void Collector::attach(std::shared_ptr<CdpPort> port) {
  port_ = std::move(port);
  watching_ = port_->watch([this](CdpEvent& event) {
    on_event(event);
    if (event.is_unreadable()) sink_.drop("monitor", "unreadable");
    timer_->follow(*this);
  });
  if (hub_.wants("monitor")) begin();
}

void Collector::detach() {
  const bool was_attached = !session_.empty();
  clear();
  watching_.reset();
  port_.reset();
  if (was_attached && hub_.wants("monitor") && !lost_at_) {
    sink_.emit_monitor("monitor_disconnected", R"({"reason":"chrome_restarted"})");
    lost_at_ = sink_.now();
  }
  timer_->follow(*this);
}

void Collector::gave_up() {
  if (!lost_at_ || !hub_.wants("monitor")) return;
  sink_.emit_monitor("monitor_reconnect_failed", R"({"reason":"reconnect_exhausted"})");
}

void Collector::configured() {
  if (!hub_.wants("monitor")) {
    lost_at_.reset();
    end();
  } else if (session_.empty()) {
    begin();
  } else {
    targets_.for_each([&](Target& target) { setup_.change(target, setup_.wanted(target, hub_), *port_); });
    if (!hub_.wants("network")) network_.clear();
    screenshots_.set_on(hub_.wants("screenshot"));
  }
  timer_->follow(*this);
}

// Opens its own session on the browser. Everything attached below it belongs to the collector and ends with
// it.
void Collector::begin() {
  if (!port_ || beginning_ || !session_.empty()) return;
  beginning_ = true;
  auto done = [this, alive = std::weak_ptr<int>(generation_)](Result<json::value> answer) {
    if (alive.expired()) return;
    beginning_ = false;
    if (answer && answer->is_object())
      return attached(std::string(text_at(answer->get_object(), "sessionId")));
    if (answer.error().code == "cdp_error")
      init_failed("Target.attachToBrowserTarget", answer.error().message);
  };
  port_->send("Target.attachToBrowserTarget", "{}", "", std::move(done));
}

void Collector::attached(const std::string& session) {
  session_ = session;
  auto done = [this, alive = std::weak_ptr<int>(generation_)](Result<json::value> answer) {
    if (alive.expired()) return;
    if (!answer && answer.error().code == "cdp_error")
      return init_failed("Target.setAutoAttach", answer.error().message);
    looked_around_ = true;
    changed_.notify();
    if (!lost_at_) return;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(sink_.now() - *lost_at_).count();
    lost_at_.reset();
    ObjectText data;
    data.number("reconnect_duration_ms", static_cast<std::int64_t>(took));
    sink_.emit_monitor("monitor_reconnected", std::move(data).finish());
  };
  port_->send("Target.setAutoAttach", kAttachToTabs, session_, std::move(done));
  screenshots_.set_on(hub_.wants("screenshot"));
  timer_->follow(*this);
}

// Listeners in the pages' isolated worlds outlive the session, so they are told first.
void Collector::end() {
  if (port_ && !session_.empty()) {
    targets_.for_each([&](Target& target) { worlds_.uninstall(target, *port_); });
    // A refusal means that the session has ended already.
    port_->send("Target.detachFromTarget", R"({"sessionId":")" + session_ + R"("})", "");
  }
  clear();
}

void Collector::clear() {
  generation_ = std::make_shared<int>();
  beginning_ = looked_around_ = has_page_ = false;
  session_.clear();
  setup_.clear();
  screenshots_.clear();
  network_.clear();
  page_.clear();
  targets_.clear();
  deadlines_.clear_all();
  failed_steps_.clear();
  sink_.tell_drops();
  changed_.notify();
}

net::Task<> Collector::wait_in_effect(std::chrono::steady_clock::duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const auto missing = [this] {
    return port_ && hub_.wants("monitor") && !(looked_around_ && has_page_ && setup_.is_in_effect());
  };
  while (missing() && std::chrono::steady_clock::now() < deadline) co_await changed_.wait(deadline);
}

void Collector::init_failed(const std::string& step, const std::string& why) {
  log_.warn("the collector cannot be set up", {{"step", step}, {"reason", why}});
  if (!failed_steps_.insert(step).second) return;  // reported once for each attachment
  ObjectText data;
  data.text("step", step);
  sink_.emit_monitor("monitor_init_failed", std::move(data).finish());
}

void Collector::on_due(const Deadlines::Key& key) {
  if (key.what == Deadlines::What::told_drops) return sink_.tell_drops();
  if (key.what == Deadlines::What::screenshot) return port_ ? screenshots_.on_due(*port_) : void();
  if (key.what == Deadlines::What::screenshot_answer) return port_ ? screenshots_.on_silence(*port_) : void();
  auto* target = targets_.of_id(key.target);
  if (target == nullptr) return;
  if (key.what == Deadlines::What::network_idle) network_.on_idle(*target);
  if (key.what == Deadlines::What::held_page && port_) setup_.let_go(*target, *port_);
  if (key.what == Deadlines::What::layout_settled) page_.on_layout_settled(*target);
}

void Collector::forget(Target& target) {
  setup_.forget(target);
  network_.forget(target);
  deadlines_.clear_target(target.id);
}

}  // namespace wye::vm
