// DevTools clients that do anything while curl is in use.
#include <signal.h>

#include <fstream>
#include <future>

#include "cdp_client.h"
#include "curl_live.h"

namespace wye::live {
namespace {

constexpr std::string_view kOurPage = "chrome-extension://";

class CurlUnderClients : public Curl {
 protected:
  void SetUp() override {
    Curl::SetUp();
    script_ = [](const SeenRequest&) { return testing::answer(200, "here"); };
    const auto browser = client_->browsers().retrieve(id_);
    ASSERT_TRUE(browser) << browser.error().message;
    cdp_url_ = browser->cdp_ws_url;
  }
  // Returns the result of one call, without a retry.
  std::string once(std::int64_t timeout_ms = 20'000) {
    const auto answer = client_->browsers().curl(id_, {.url = url("/"), .timeout_ms = timeout_ms});
    return answer ? answer->body : answer.error().code + ": " + answer.error().message;
  }

  std::string cdp_url_;
};

TEST_F(CurlUnderClients, who_holds_every_new_target_does_not_hold_ours) {
  CdpClient client(cdp_url_);
  client.call("Target.setAutoAttach",
              {{"autoAttach", true}, {"waitForDebuggerOnStart", true}, {"flatten", true}});
  EXPECT_EQ(once(), "here") << "the first call, which opens the page";
  for (const auto renderer : find_renderers(find_agent(*server_, id_), "--extension-process"))
    ASSERT_EQ(::kill(renderer, SIGKILL), 0);
  auto again = once();
  while (again.starts_with("upstream_transport")) again = once();  // the request under way has ended
  EXPECT_EQ(again, "here") << "a page that was lost comes back in the target that it had";
  client.call("Page.navigate", {{"url", "about:blank"}}, client.attach_to(kOurPage));
  EXPECT_EQ(once(), "here");
}

TEST_F(CurlUnderClients, whatever_they_do_to_the_page_the_next_call_has_another) {
  CdpClient client(cdp_url_);
  ASSERT_EQ(once(), "here");
  const auto there = url("/elsewhere");
  client.call("Page.navigate", {{"url", there}}, client.attach_to(kOurPage));
  EXPECT_EQ(once(), "here") << "after a navigation";
  client.call("Page.reload", {}, client.attach_to(kOurPage));
  EXPECT_EQ(once(), "here") << "after a reload";
  client.call("Runtime.evaluate", {{"expression", "globalThis.wyeCurl = undefined"}},
              client.attach_to(kOurPage));
  EXPECT_EQ(once(), "here") << "after its script was taken away";
  client.call("Target.closeTarget", {{"targetId", client.target_of(kOurPage)}});
  EXPECT_EQ(once(), "here") << "after it was closed";
  const auto session = client.attach_to(kOurPage);
  client.call("Debugger.enable", {}, session);
  client.call("Debugger.pause", {}, session);
  EXPECT_EQ(once(), "here") << "after it was stopped";
}

// DevTools refuses clients that name an origin.
TEST_F(CurlUnderClients, a_page_is_no_client) {
  std::ifstream active("/proc/" + std::to_string(find_agent(*server_, id_)) +
                       "/root/home/kernel/user-data/DevToolsActivePort");
  std::string port, path;
  ASSERT_TRUE(std::getline(active, port) && std::getline(active, path));
  CdpClient client(cdp_url_);
  const auto script = "new Promise((said) => { const socket = new WebSocket('ws://127.0.0.1:" + port + path +
                      "'); socket.onopen = () => said('open'); socket.onerror = () => said('refused'); })";
  const auto answer = client.call("Runtime.evaluate", {{"expression", script}, {"awaitPromise", true}},
                                  client.attach_to("about:blank"));
  EXPECT_EQ(answer.at("result").at("value"), "refused");
}

TEST_F(CurlUnderClients, a_browser_that_is_closed_under_a_call_ends_it_and_serves_the_next) {
  std::promise<void> asked;
  script_ = [&](const SeenRequest& request) {
    if (request.line.starts_with("GET /slow")) {
      asked.set_value();
      return Play{.keep_open = true};
    }
    return testing::answer(200, "here");
  };
  auto slow = std::async(std::launch::async, [this] { return curl("/slow"); });
  asked.get_future().get();
  CdpClient client(cdp_url_);
  client.post("Browser.close");
  const auto ended = slow.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, "upstream_transport") << ended.error().message;
  EXPECT_EQ(once(), "here");
}

}  // namespace
}  // namespace wye::live
