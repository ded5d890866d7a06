#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/encoding.h"
#include "testing/scripted_peer.h"
#include "wye/client.h"

namespace wye {

inline const std::string kGone = R"({"code":"browser_gone","message":"browser not found"})";
inline const std::string kSession = "q7m2xk4t9v1b8n3c6z5d0wya";
inline const std::string kKey = "sk_contract";

/// Makes a JWT with an expiry; no peer here checks its signature.
inline std::string jwt(const std::string& mark, std::int64_t exp = 4'000'000'000) {
  return base64url(R"({"alg":"HS256"})") + "." +
         base64url(R"({"exp":)" + std::to_string(exp) + R"(,"m":")" + mark + R"("})") + ".c2ln";
}

/// A control plane and a metro that play scripts, and a client whose route is learned from the control
/// plane's own answer.
class Contract : public ::testing::Test {
 protected:
  std::string browser(const std::string& token, const std::string& name = "checkout-1",
                      const std::string& id = kSession) {
    return R"({"session_id":")" + id + R"(","name":")" + name + R"(","base_url":")" + metro_.origin() +
           "/browser/kernel/" + id + R"(","cdp_ws_url":"ws://x/browser/cdp?jwt=)" + token + R"("})";
  }
  void learn() { ASSERT_EQ(client().request({.path = "/browsers/" + kSession}).value().status, 200); }
  Client& client() {
    if (!client_) client_ = std::make_unique<Client>(options_);
    return *client_;
  }
  Result<Response> get(const std::string& tail) {
    return client().request({.path = "/browsers/" + kSession + "/" + tail});
  }
  std::size_t archive_reads() {
    std::size_t count = 0;
    for (const auto& request : control_.seen())
      count += request.line.find("/telemetry/events") != std::string::npos;
    return count;
  }

  testing::ChangingScript control_script_ = [this](const testing::SeenRequest& request) {
    if (request.line.find("telemetry/events") != std::string::npos)
      return testing::answer(200, "[\"archive\"]");
    return testing::answer(200, browser(jwt("a")));
  };
  testing::ChangingScript metro_script_ = [](const testing::SeenRequest&) {
    return testing::answer(404, kGone);
  };
  testing::ScriptedPeer control_{[this](const auto& request) { return control_script_(request); }};
  testing::ScriptedPeer metro_{[this](const auto& request) { return metro_script_(request); }};
  ClientOptions options_{.api_key = kKey,
                         .base_url = control_.origin(),
                         .routing_subresources = std::vector<std::string>{"curl", "telemetry", "fs"},
                         .max_retries = 0,
                         .timeout = std::chrono::milliseconds(5000),
                         .log = "off"};
  std::unique_ptr<Client> client_;
};

}  // namespace wye
