#include <gtest/gtest.h>

#include "base/encoding.h"
#include "metro/own_credentials.h"
#include "metro/testing/metro_fixture.h"

// Which fields of a raw fetch reach the target: the caller's credentials for it do, and ours do not.
namespace wye::metro {
namespace {

using namespace testing;

const std::string kOurKey = "a key of any form=1";
const std::string kPlainKey = "operator-made";

class Credentials : public MetroTest {
 protected:
  void SetUp() override {
    hooks_.is_own_credential = [this](const std::string& text) {
      if (text == "cannot be told") throw std::runtime_error("the record is away");
      return text == kOurKey || text == kPlainKey || tokens_.verify(text).has_value();
    };
    start_with_agent(answer_each([](const std::string& head) { return ok(head); }));
  }
  // Returns the head that the agent gets.
  std::string forwarded(const std::string& fields) { return get("curl/raw?url=x", fields).body; }
};

TEST_F(Credentials, keys_of_this_server_are_kept_from_the_target_however_they_are_written) {
  for (const auto& value :
       {"Bearer " + kPlainKey, "bearer\t" + kPlainKey, "BEARER   " + kPlainKey, "Bearer \t " + kPlainKey,
        kPlainKey, "Token token=\"" + kPlainKey + "\"", "Key " + kPlainKey + ", other", "Bearer " + kOurKey,
        "Basic " + base64("user:" + kPlainKey), "Basic " + base64(kPlainKey + ":")}) {
    const auto head = forwarded("Authorization: " + value + "\r\nX-Kept: yes\r\n");
    EXPECT_EQ(head.find("Authorization"), std::string::npos) << value;
    EXPECT_NE(head.find("X-Kept: yes"), std::string::npos) << value;
  }
}

TEST_F(Credentials, tokens_of_this_server_are_kept_from_the_target) {
  for (const auto& value : {"Bearer " + token(), "Bearer\t" + token(), "Bearer " + token(kOtherSession),
                            "bearer " + token(kSession, 1)})
    EXPECT_EQ(forwarded("Authorization: " + value + "\r\n").find("uthorization"), std::string::npos) << value;
}

TEST_F(Credentials, neither_reaches_it_in_another_field) {
  for (const auto& field :
       {"X-Api-Key: " + kPlainKey, "x-auth-token: " + token(kOtherSession),
        "Proxy-Authorization: Bearer " + kPlainKey,
        "Referer: http://metro.test/browser/kernel/" + kSession + "/curl/raw?url=x&jwt=" + token(),
        "Cookie: a=" + token()}) {
    const auto head = forwarded(field + "\r\n");
    EXPECT_EQ(head.find(kPlainKey), std::string::npos) << field;
    EXPECT_EQ(head.find(token()), std::string::npos) << field;
    EXPECT_EQ(head.find(token(kOtherSession)), std::string::npos) << field;
  }
}

TEST_F(Credentials, of_doubled_fields_only_ours_is_kept_back) {
  const auto head = forwarded("Authorization: Bearer " + kPlainKey + "\r\nAuthorization: Bearer theirs\r\n");
  EXPECT_EQ(head.find(kPlainKey), std::string::npos);
  EXPECT_NE(head.find("Authorization: Bearer theirs\r\n"), std::string::npos);
}

TEST_F(Credentials, the_targets_own_pass_also_where_they_look_like_ours) {
  for (const std::string value :
       {"Bearer sk_live_of_the_target", "Bearer a.b.c", "Basic dXNlcjpwYXNz", "Digest x=\"y\""})
    EXPECT_NE(forwarded("Authorization: " + value + "\r\n").find("Authorization: " + value + "\r\n"),
              std::string::npos)
        << value;
}

TEST_F(Credentials, what_cannot_be_told_is_not_sent) {
  const auto answer = get("curl/raw?url=x", "Authorization: cannot be told\r\n");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(agent_->connections(), 0);
}

TEST(CredentialSearch, is_bounded) {
  std::string value;
  for (int i = 0; i < 10'000; ++i) value += "k ";
  const net::FieldView field{"authorization", value, net::FieldId::authorization};
  const auto search = find_credentials(std::span(&field, 1), "");
  EXPECT_LE(search.candidates.size(), kMaxCandidates);
  EXPECT_EQ(search.withheld, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace wye::metro
