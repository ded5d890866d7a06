#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/random.h"
#include "base/redact.h"
#include "base/timestamp.h"
#include "wye/result.h"

namespace wye {
namespace {

TEST(Result, value_throws_the_exception_of_the_kind) {
  const Result<int> missing = Error{ErrorKind::not_found, "browser_gone", "browser not found", 404};
  EXPECT_THROW((void)missing.value(), NotFoundError);
}

TEST(Timestamp, reads_back_what_it_writes) {
  EXPECT_EQ(rfc3339(1790847000123456), "2026-10-01T09:30:00.123Z");
  EXPECT_EQ(parse_rfc3339("2026-10-01T09:30:00.123456Z").value(), 1790847000123456);
  EXPECT_EQ(parse_rfc3339("2026-10-01T11:30:00+02:00").value(), 1790847000000000);
  for (const auto* bad :
       {"", "2026-10-01", "2026-13-01T00:00:00Z", "2026-10-01T09:30:00", "2026-10-01T09:30:00.Z"})
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
}

TEST(Duration, is_read_as_go_writes_it) {
  EXPECT_EQ(parse_duration("5m").value(), 300'000'000);
  EXPECT_EQ(parse_duration("1h30m").value(), 5'400'000'000);
  EXPECT_EQ(parse_duration("1.5s").value(), 1'500'000);
  EXPECT_EQ(parse_duration("250ms").value(), 250'000);
  for (const auto* bad : {"", "5", "m", "-5m", "5m ", "1e9h", "99999999999999999999h"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Encoding, base64_round_trips_and_refuses_what_is_not) {
  std::string every(3 * 256, '\0');
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<char>(i * 7 + i / 256);
  for (std::size_t size = 0; size <= every.size(); ++size) {
    const auto text = every.substr(0, size);
    EXPECT_EQ(base64_decode(base64(text)), text);
    EXPECT_EQ(base64url_decode(base64url(text)), text);
  }
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_FALSE(base64url_decode("Zm9="));
  EXPECT_FALSE(
      base64url_decode("Zm9"
                       "\n"));
  for (const auto* extra_bits : {"Zn", "Zm9", "Zm9vZn"})
    EXPECT_FALSE(base64url_decode(extra_bits)) << extra_bits;
  for (const auto* digit : {"Zg-=", "*m9v", "Z*9v", "Zm*v", "Zm9*", "Zm9vZ*==", "Z"})
    EXPECT_FALSE(base64_decode(digit)) << digit;
}

TEST(Encoding, percent_decoding_keeps_plus_and_refuses_half_escapes) {
  EXPECT_EQ(percent_decode("a%2Fb+c"), "a/b+c");
  EXPECT_FALSE(percent_decode("%2"));
  EXPECT_FALSE(percent_decode("%zz"));
}

TEST(Encoding, utf8_is_strict) {
  EXPECT_TRUE(is_utf8("grüß 😀"));
  for (const std::string bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"})
    EXPECT_FALSE(is_utf8(bad));
  EXPECT_FALSE(is_utf8("sixteen bytes on\xff"));
}

// The expected texts are those of Chromium's TextDecoder.
TEST(Encoding, what_is_not_utf8_is_decoded_as_browsers_do) {
  const std::pair<std::string, std::string> rows[] = {
      {"", ""},
      {"plain, and longer than eight bytes", "plain, and longer than eight bytes"},
      {"grüß 😀", "grüß 😀"},
      {"a\xff\x80z", "a\uFFFD\uFFFDz"},
      {"cut \xe2\x82", "cut \uFFFD"},
      {"cut \xf0\x9f\x98", "cut \uFFFD"},
      {"\xe2\x82z", "\uFFFDz"},
      {"\xc0\x80", "\uFFFD\uFFFD"},
      {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xf0\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
  };
  for (const auto& [bytes, text] : rows) EXPECT_EQ(utf8_decode(bytes), text) << base64(bytes);
}

TEST(Digest, known_answers) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(hmac_sha256("key", "The quick brown fox jumps over the lazy dog")),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

TEST(Ids, have_the_shape_the_api_promises) {
  SystemRandom random;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(is_id(new_id(random)));
  EXPECT_FALSE(is_id("checkout-1"));
}

TEST(Redact, no_secret_of_ours_survives) {
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln";
  for (const std::string& text : {"GET /x?jwt=" + jwt + "&a=1", "authorization: Bearer " + jwt,
                                  "token " + jwt + " end", "wss://h/browser/cdp?jwt%3D" + jwt})
    EXPECT_EQ(redact(text).find(jwt), std::string::npos) << text;
  EXPECT_EQ(redact("key sk_abc123 used"), "key [redacted] used");
  EXPECT_EQ(redact("GET /x?jwt=abc&a=1"), "GET /x?jwt=[redacted]&a=1");
  EXPECT_EQ(redact("nothing to hide: risk_level"), "nothing to hide: risk_level");
}

TEST(Log, writes_redacted_json_lines_from_its_level_on) {
  std::string seen;
  const Log log(LogLevel::info, [&](std::string_view line) { seen += line; });
  log.debug("not this");
  log.info("request", {{"url", "http://h/x?jwt=secret"}});
  EXPECT_EQ(seen.find("not this"), std::string::npos);
  EXPECT_NE(seen.find(R"("url":"http://h/x?jwt=[redacted]")"), std::string::npos);
}

}  // namespace
}  // namespace wye
