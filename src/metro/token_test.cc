#include "metro/token.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"

namespace wye::metro {
namespace {

const TokenVerifier kVerifier("a secret of the metro's own");

std::string signed_text(std::string_view header, std::string_view payload,
                        std::string_view secret = "a secret of the metro's own") {
  const auto content = base64url(header) + "." + base64url(payload);
  return content + "." + base64url(hmac_sha256(secret, content));
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kPayload = R"({"exp":2000000000,"session":{"id":"s1"}})";

TEST(Token, what_was_signed_is_verified) {
  TokenClaims claims;
  claims.session_id = "s1";
  claims.exp = 1'900'000'000;
  claims.lease = 3;
  const auto token = kVerifier.sign(claims);
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
            std::string::npos);
  const auto verified = kVerifier.verify(token);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->session_id, "s1");
  EXPECT_EQ(verified->exp, 1'900'000'000);
  EXPECT_EQ(verified->lease, 3);
}

TEST(Token, whatever_is_not_ours_to_the_letter_is_refused) {
  const auto good = signed_text(kHeader, kPayload);
  ASSERT_TRUE(kVerifier.verify(good));
  const std::string rows[] = {
      "",
      ".",
      "..",
      "a.b.c",
      "x" + good,
      good + "x",
      good + ".x",
      "." + good,
      good.substr(0, good.rfind('.')),
      good.substr(0, good.rfind('.') + 1),
      good.substr(0, good.size() - 1),
      good + "=",
      signed_text(kHeader, kPayload, "another secret"),
      signed_text(kHeader, kPayload, ""),
      signed_text(R"({"alg":"none"})", kPayload),
      base64url(R"({"alg":"none"})") + "." + base64url(kPayload) + ".",
      signed_text(R"({"alg":"HS512"})", kPayload),
      signed_text(R"({"alg":"hs256"})", kPayload),
      signed_text(R"({"alg":["HS256"]})", kPayload),
      signed_text(R"({"typ":"JWT"})", kPayload),
      signed_text("HS256", kPayload),
      signed_text(kHeader, R"({"session":{"id":"s1"}})"),
      signed_text(kHeader, R"({"exp":"2000000000","session":{"id":"s1"}})"),
      signed_text(kHeader, R"({"exp":2000000000})"),
      signed_text(kHeader, R"({"exp":2000000000,"session":{"id":""}})"),
      signed_text(kHeader, R"({"exp":2000000000,"session":{"id":1}})"),
      signed_text(kHeader, "[]"),
      signed_text(kHeader, "{"),
      std::string(kMaxTokenBytes + 1, 'a'),
  };
  for (const auto& row : rows) EXPECT_FALSE(kVerifier.verify(row)) << row.substr(0, 80);
}

TEST(Token, every_changed_byte_is_noticed) {
  const auto good = signed_text(kHeader, kPayload);
  for (std::size_t i = 0; i + 1 < good.size(); ++i) {
    auto forged = good;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(kVerifier.verify(forged)) << i;
  }
}

}  // namespace
}  // namespace wye::metro
