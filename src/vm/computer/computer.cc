#include "vm/computer/computer.h"

#include "base/try.h"
#include "vm/computer/actions.h"
#include "vm/computer/png.h"
#include "vm/served_calls.h"
#include "wire/computer_types.h"

namespace wye::vm {
namespace {

// Tells the turns when the client goes away, as long as the call lasts.
class Watch {
 public:
  Watch(net::Exchange& exchange, Caller& caller, Turns& turns) : exchange_(exchange) {
    exchange_.watch([&caller, &turns] {
      caller.gone = true;
      turns.notify();
    });
  }
  ~Watch() { exchange_.unwatch(); }
  Watch(const Watch&) = delete;

 private:
  net::Exchange& exchange_;
};

// An action that has begun may have had an effect, so nobody may repeat it unasked.
net::Response after_begin(Error error, bool is_batch, std::size_t index) {
  if (is_batch) error.message = "actions[" + std::to_string(index) + "]: " + error.message;
  auto response = net::error_response(error);
  response.headers.set("x-should-retry", "false");
  return response;
}

net::Response nothing() { return net::Response{.status = 200}; }

}  // namespace

net::Task<Result<std::string>> Computer::body_of(net::Exchange& exchange) {
  return exchange.read_body(ServedCalls::kMaxJsonBody);
}

Computer::Answer Computer::run(net::Exchange& exchange, std::vector<ComputerAction> actions, bool is_batch,
                               net::Response done) {
  Caller caller;
  const Watch watch(exchange, caller, turns_);
  Turns::Turn turn(turns_);
  WYE_CO_CHECK(co_await turn.wait(caller));
  WYE_CO_CHECK(co_await backend_.begin());
  Actions doing(backend_, turns_, caller, random_);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    auto result = i == 0 ? Result<void>() : co_await backend_.begin();  // a click may have opened a page
    if (result) result = co_await doing.run(actions[i]);
    if (!result) co_return after_begin(result.error(), is_batch, i);
  }
  co_return std::move(done);
}

Computer::Answer Computer::act(net::Exchange& exchange, Read read) {
  WYE_CO_TRY(const auto body, co_await body_of(exchange));
  WYE_CO_TRY(auto action, read(body));
  std::vector<ComputerAction> actions;
  actions.push_back(std::move(action));
  co_return co_await run(exchange, std::move(actions), false, nothing());
}

Computer::Answer Computer::set_cursor(net::Exchange& exchange) {
  WYE_CO_TRY(const auto body, co_await body_of(exchange));
  WYE_CO_TRY(auto action, read_cursor(body));
  std::vector<ComputerAction> actions;
  actions.push_back(std::move(action));
  auto ok = net::json_response(200, R"({"ok":true})");
  co_return co_await run(exchange, std::move(actions), false, std::move(ok));
}

Computer::Answer Computer::batch(net::Exchange& exchange) {
  WYE_CO_TRY(const auto body, co_await body_of(exchange));
  WYE_CO_TRY(auto actions, read_batch(body));
  co_return co_await run(exchange, std::move(actions), true, nothing());
}

Computer::Answer Computer::mouse_position(net::Exchange& exchange) {
  WYE_CO_TRY(const auto body, co_await body_of(exchange));
  WYE_CO_CHECK(read_nothing(body));
  Caller caller;
  const Watch watch(exchange, caller, turns_);
  Turns::Turn turn(turns_);
  WYE_CO_CHECK(co_await turn.wait(caller));
  const auto at = backend_.mouse();
  co_return net::json_response(200, wire::to_text(wire::MousePosition{at.x, at.y}));
}

Computer::Answer Computer::screenshot(net::Exchange& exchange) {
  WYE_CO_TRY(const auto body, co_await body_of(exchange));
  WYE_CO_TRY(const auto region, read_screenshot(body));
  WYE_CO_TRY(auto png, co_await backend_.picture());
  if (region) {
    WYE_CO_TRY(png, crop_png(png, *region));
  }
  net::Response response{.status = 200, .body = std::move(png)};
  response.headers.set("Content-Type", "image/png");
  co_return std::move(response);
}

Computer::Answer Computer::read_clipboard(net::Exchange& exchange) {
  WYE_CO_TRY(const auto body, co_await body_of(exchange));
  WYE_CO_CHECK(read_nothing(body));
  Caller caller;
  const Watch watch(exchange, caller, turns_);
  Turns::Turn turn(turns_);
  WYE_CO_CHECK(co_await turn.wait(caller));
  WYE_CO_CHECK(co_await backend_.begin());
  WYE_CO_TRY(auto text, co_await backend_.read_clipboard());
  co_return net::json_response(200, wire::to_text(wire::ClipboardText{std::move(text)}));
}

Computer::Answer Computer::write_clipboard(net::Exchange& exchange) {
  WYE_CO_TRY(const auto body, co_await body_of(exchange));
  WYE_CO_TRY(auto text, read_clipboard_text(body));
  Caller caller;
  const Watch watch(exchange, caller, turns_);
  Turns::Turn turn(turns_);
  WYE_CO_CHECK(co_await turn.wait(caller));
  WYE_CO_CHECK(co_await backend_.begin());
  const auto done = co_await backend_.write_clipboard(std::move(text));
  if (!done) co_return after_begin(done.error(), false, 0);
  co_return nothing();
}

}  // namespace wye::vm
