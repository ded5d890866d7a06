#include "vm/curl/curl_calls.h"

#include "vm/curl/curl_handlers.h"

namespace wye::vm {
namespace {

constexpr auto kReadyWithin = std::chrono::seconds(15);

CurlBrowser chromium_of(Browser& browser) {
  return {.generation = [&browser] { return browser.generation(); },
          .has_ended = [&browser](std::uint64_t generation) { return browser.has_ended(generation); },
          .wait_ready = [&browser](auto limit) { return browser.wait_ready(limit); }};
}

using Handle = net::Task<> (*)(CurlService&, const CurlBrowser&, net::Exchange&);

void register_call(ServedCalls& calls, std::string_view operation, CurlService& curl, Browser& browser,
                   Handle handle) {
  calls.exchange(operation,
                 [&curl, &browser, chromium = chromium_of(browser), handle](
                     net::Exchange& exchange, const net::PathParameters&) -> net::Task<> {
                   const bool ready = co_await browser.wait_ready(kReadyWithin);
                   if (ready) co_return co_await handle(curl, chromium, exchange);
                   auto refused = net::error_response(browser_starting());
                   co_await exchange.respond(std::move(refused));
                 });
}

}  // namespace

void register_curl_calls(ServedCalls& calls, CurlService& curl, Browser& browser) {
  register_call(calls, "browserCurl", curl, browser, handle_curl);
  register_call(calls, "browserCurlRaw", curl, browser, handle_curl_raw);
}

}  // namespace wye::vm
