// Tests that the environment's proxy sees nothing of a client whose control plane and VMs are on loopback.
#include <cstdlib>

#include "contract_fixture.h"

namespace wye {
namespace {

class ProxyContract : public Contract {
 protected:
  ProxyContract() { ::setenv("http_proxy", proxy_.origin().c_str(), 1); }
  ~ProxyContract() override { ::unsetenv("http_proxy"); }
  /// Everything that the proxy saw.
  std::string seen() {
    std::string out;
    for (const auto& request : proxy_.seen()) out += request.head + request.body;
    return out;
  }
  testing::ChangingScript proxy_script_ = [](const testing::SeenRequest&) {
    return testing::answer(200, "{}");
  };
  testing::ScriptedPeer proxy_{[this](const auto& request) { return proxy_script_(request); }};
};

TEST_F(ProxyContract, it_sees_nothing_of_loopback_direct_by_the_fallback_or_raw) {
  learn();
  EXPECT_EQ(get("telemetry/events").value().status, 200);
  EXPECT_TRUE(client().open({.path = "/browsers/" + kSession + "/curl/raw?url=http://a.test/"}));
  EXPECT_GE(metro_.count(), 1u);
  EXPECT_EQ(proxy_.count(), 0u) << seen();
}

TEST_F(ProxyContract, redirects_out_and_back_are_judged_hop_by_hop) {
  control_script_ = [this](const testing::SeenRequest& request) {
    if (request.line.find("/back") != std::string::npos) return testing::answer(200, "{\"back\":true}");
    return testing::answer(302, "", "Location: http://elsewhere.test/out\r\n");
  };
  proxy_script_ = [this](const testing::SeenRequest&) {
    return testing::answer(302, "", "Location: " + control_.origin() + "/back\r\n");
  };
  const auto answered = client().request({.path = "/profiles"});
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_EQ(answered->body, "{\"back\":true}");
  EXPECT_EQ(proxy_.count(), 1u);
  EXPECT_TRUE(seen().starts_with("GET http://elsewhere.test/out ")) << seen();
  EXPECT_EQ(seen().find(kKey), std::string::npos) << seen();
  EXPECT_EQ(seen().find("jwt"), std::string::npos) << seen();
}

TEST_F(ProxyContract, none_may_be_chosen_and_nonsense_is_refused_at_once) {
  options_.proxy = "";
  EXPECT_EQ(client().request({.path = "http://255.255.255.255/"}).error().code, "connect_failed");
  EXPECT_EQ(proxy_.count(), 0u);
  for (const auto* bad : {"proxy.example:3128", "ftp://proxy.example", "http://", "://x", "sk_secret"}) {
    options_.proxy = bad;
    try {
      const Client made(options_);
      ADD_FAILURE() << bad;
    } catch (const InvalidError& error) {
      EXPECT_EQ(error.error().code, "bad_proxy");
      EXPECT_EQ(error.error().message.find("sk_secret"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace wye
