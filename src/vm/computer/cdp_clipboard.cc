#include "vm/computer/cdp_clipboard.h"

#include <boost/json/serialize.hpp>

#include "base/try.h"
#include "vm/computer/computer_request.h"
#include "vm/curl/json_fields.h"
#include "vm/served_calls.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kWorld = "wye-clipboard";

// The text that a paste brings; null when it is longer than it may be.
constexpr std::string_view kListen =
    R"((() => { self.pasted = ''; document.addEventListener('paste', (event) => {
  self.pasted = event.clipboardData.getData('text/plain'); event.preventDefault(); event.stopImmediatePropagation();
}, { capture: true, once: true }); })())";

// Something must be selected; what is copied is the text itself, with the line breaks that it has.
constexpr std::string_view kOffer =
    R"(((text) => { self.copied = false; document.addEventListener('copy', (event) => {
  event.clipboardData.setData('text/plain', text); event.preventDefault(); event.stopImmediatePropagation();
  self.copied = true;
}, { capture: true, once: true });
self.field = document.createElement('textarea');
field.value = 'selected';
document.documentElement.append(field);
field.select();
return true; }))";
constexpr std::string_view kCopied = "(() => { self.field.remove(); return self.copied })()";

Error failed(std::string what) {
  return {.kind = ErrorKind::internal, .code = "internal_error", .message = std::move(what)};
}

Error too_long() {
  return {.kind = ErrorKind::invalid,
          .code = "payload_too_large",
          .message = "the clipboard holds more than 4 MiB",
          .status = 413};
}

// Ends our session on the hidden page, however the call ends.
struct Detach {
  CdpChannel& channel;
  std::string session;
  ~Detach() {
    channel.post("Target.detachFromTarget", fields("sessionId", session), "",
                 [](const Result<json::value>&) {});
  }
};

net::Task<Result<json::value>> evaluate(CdpChannel& channel, std::string session, std::int64_t context,
                                        std::string expression) {
  json::object params =
      fields("expression", expression, "contextId", context, "returnByValue", true, "userGesture", true);
  WYE_CO_TRY(const auto answer, co_await channel.call("Runtime.evaluate", std::move(params), session));
  const auto* result = answer.is_object() ? object_at(answer.get_object(), "result") : nullptr;
  const auto* value = result != nullptr ? result->if_contains("value") : nullptr;
  if (value == nullptr || answer.get_object().contains("exceptionDetails"))
    co_return failed("the clipboard cannot be reached");
  co_return *value;
}

// A command of the keyboard also works in a page without the focus, which scripts' commands do not.
net::Task<Result<void>> command(CdpChannel& channel, std::string session, std::string name) {
  json::array commands;
  commands.emplace_back(name);
  const auto done = co_await channel.call("Input.dispatchKeyEvent",
                                          fields("type", "rawKeyDown", "commands", commands), session);
  if (!done) co_return done.error();
  co_return Result<void>();
}

}  // namespace

// A world of our own, which no script of the page touches.
net::Task<Result<CdpClipboard::World>> CdpClipboard::enter(CdpChannel& channel) {
  WYE_CO_TRY(const auto target, co_await hidden_page_());
  WYE_CO_TRY(const auto attached,
             co_await channel.call("Target.attachToTarget", fields("targetId", target, "flatten", true)));
  World world{.session = text_at(attached, "sessionId")};
  auto made = co_await channel.call(
      "Page.createIsolatedWorld", fields("frameId", target, "worldName", std::string(kWorld)), world.session);
  if (made && made->is_object()) world.context = int_at(made->get_object(), "executionContextId");
  if (world.context != 0) co_return world;
  const Detach detach{channel, world.session};
  co_return made ? failed("the clipboard cannot be reached") : made.error();
}

net::Task<Result<std::string>> CdpClipboard::read(std::shared_ptr<CdpChannel> channel) {
  if (!channel) co_return browser_starting();
  WYE_CO_TRY(const auto world, co_await enter(*channel));
  const Detach detach{*channel, world.session};
  const std::string listen = std::string(kListen) + ", true";
  WYE_CO_CHECK(co_await evaluate(*channel, world.session, world.context, listen));
  WYE_CO_CHECK(co_await command(*channel, world.session, "paste"));
  const auto most = std::to_string(kLongestClipboard);
  const std::string ask = "self.pasted.length > " + most + " ? null : self.pasted";
  WYE_CO_TRY(auto text, co_await evaluate(*channel, world.session, world.context, ask));
  if (!text.is_string() || text.get_string().size() > kLongestClipboard) co_return too_long();
  co_return std::string(text.get_string());
}

net::Task<Result<void>> CdpClipboard::write(std::shared_ptr<CdpChannel> channel, std::string text) {
  if (!channel) co_return browser_starting();
  WYE_CO_TRY(const auto world, co_await enter(*channel));
  const Detach detach{*channel, world.session};
  const std::string offer = std::string(kOffer) + "(" + json::serialize(json::value(text)) + ")";
  WYE_CO_CHECK(co_await evaluate(*channel, world.session, world.context, offer));
  WYE_CO_CHECK(co_await command(*channel, world.session, "copy"));
  const std::string ask(kCopied);
  WYE_CO_TRY(const auto done, co_await evaluate(*channel, world.session, world.context, ask));
  if (!done.is_bool() || !done.get_bool()) co_return failed("the clipboard cannot be written");
  co_return Result<void>();
}

}  // namespace wye::vm
