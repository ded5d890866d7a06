// Header fields through curl: which are sent, dropped or refused, and their bytes.
#include "base/encoding.h"
#include "curl_live.h"

namespace wye::live {
namespace {

enum class Fate { sent, dropped, refused };

struct Row {
  std::string name, value;
  Fate fate = Fate::sent;
};

std::vector<Row> rows() {
  std::vector<Row> out{
      {"Cookie2", "$Version=1", Fate::refused},
      {"Set-Cookie", "a=b", Fate::refused},
      {"Proxy-Foo", "x", Fate::refused},
      {"X-HTTP-Method-Override", "TRACE", Fate::refused},
      {"X-HTTP-Method-Override", "PATCH"},
      {"X-Long", std::string(100'000, 'y')},
      {"X-Empty", ""},
      {"X-Tab", "a\tb"},
      {"X-Utf-8", "caf\u00e9 \u2192"},
      {"X-Control", "a\x01"},
      {"!#$%&'*+-.^_`|~", "x"},
  };
  for (const auto* dropped :
       {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Expect", "X-Request-Id"})
    out.push_back({dropped, "made-up", Fate::dropped});
  for (const auto* sent : {"Proxy",
                           "Sec-Foo",
                           "Sec-GPC",
                           "Sec-Ch-Ua",
                           "Sec-WebSocket-Key",
                           "Via",
                           "Date",
                           "DNT",
                           "Set-Cookie2",
                           "Access-Control-Request-Method",
                           "Access-Control-Request-Headers",
                           "Access-Control-Allow-Origin",
                           "Origin",
                           "User-Agent",
                           "Accept",
                           "Accept-Language",
                           "Accept-Charset",
                           "Range",
                           "If-None-Match",
                           "Cookie",
                           "Authorization",
                           "Priority",
                           "Upgrade-Insecure-Requests",
                           "X-Method-Override",
                           "Trailers"})
    out.push_back({sent, "made-up"});
  return out;
}

TEST_F(Curl, every_field_is_sent_or_dropped_by_rule_or_refused_by_its_name) {
  for (const auto& row : rows()) {
    const auto before = target_.count();
    CurlRequest request{.url = url("/"), .timeout_ms = 15'000};
    request.headers.emplace().emplace(row.name, row.value);
    const auto answer = client_->browsers().curl(id_, request);
    if (row.fate == Fate::refused) {
      ASSERT_FALSE(answer) << row.name;
      EXPECT_EQ(answer.error().status, 400) << row.name << ": " << answer.error().message;
      EXPECT_NE(answer.error().message.find(row.name), std::string::npos) << answer.error().message;
      EXPECT_EQ(target_.count(), before) << row.name;
      continue;
    }
    ASSERT_TRUE(answer) << row.name << ": " << answer.error().message;
    const auto seen = target_.last_seen();
    EXPECT_EQ(has_line(seen, row.name + ": " + row.value), row.fate == Fate::sent)
        << row.name << "\n"
        << seen.head.substr(0, 2000);
  }
  auto raw = fetch("/", {.headers = {{"Cookie2", "$Version=1"}}});
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->status(), 400);
  EXPECT_NE(read_all(*raw).value().find("Cookie2"), std::string::npos);
}

std::string every_high_byte() {
  std::string out;
  for (int byte = 0x80; byte < 0x100; ++byte) out += static_cast<char>(byte);
  return out;
}

TEST_F(Curl, fields_are_bytes_both_ways) {
  const auto high = every_high_byte();
  script_ = [&](const SeenRequest& request) {
    if (request.line.starts_with("GET /moved"))
      return testing::answer(307, "", "Location: /\r\nX-Latin: caf\xe9\r\n");
    return testing::answer(200, "",
                           "X-Latin: caf\xe9\r\nX-Utf-8: caf\xc3\xa9 \xe2\x86\x92\r\nX-Odd: \xe9\xc3\xa9\r\n"
                           "X-High: " +
                               high + "\r\nX-Twice: \xe9\r\nX-Twice: \xe8\r\nSet-Cookie: a=\xe9\r\n");
  };
  auto raw = fetch("/", {.method = "POST",
                         .headers = {{"X-Latin", "caf\xe9"},
                                     {"X-Utf-8", "caf\xc3\xa9"},
                                     {"X-High", high},
                                     {"Cookie", "c=\xe9"},
                                     {"Authorization", "Basic x"},
                                     {"Via", "1 me"},
                                     {"Content-Type", "text/x-mine"}},
                         .body = "body"})
                 .value();
  const auto seen = target_.last_seen();
  for (const std::string line : {"X-Latin: caf\xe9", "X-Utf-8: caf\xc3\xa9", "Cookie: c=\xe9", "Via: 1 me",
                                 "Authorization: Basic x", "Content-Type: text/x-mine"})
    EXPECT_TRUE(has_line(seen, line)) << line << "\n" << seen.head;
  EXPECT_TRUE(has_line(seen, "X-High: " + high)) << base64(seen.head);
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(ascii_lower(seen.head).find("chrome-extension"), std::string::npos) << seen.head;
  EXPECT_EQ(header(raw.headers(), "X-Latin"), "caf\xe9");
  EXPECT_EQ(header(raw.headers(), "X-Utf-8"), "caf\xc3\xa9 \xe2\x86\x92");
  EXPECT_EQ(header(raw.headers(), "X-Odd"), "\xe9\xc3\xa9");
  EXPECT_EQ(header(raw.headers(), "X-High"), high);
  EXPECT_EQ(header(raw.headers(), "Set-Cookie"), "a=\xe9");

  const auto text = curl("/").value();
  EXPECT_EQ(text.headers.at("x-latin"), std::vector<std::string>{"caf\u00e9"});
  EXPECT_EQ(text.headers.at("x-utf-8"), std::vector<std::string>{"caf\u00e9 \u2192"});
  EXPECT_EQ(text.headers.at("x-odd"), std::vector<std::string>{"\u00e9\u00c3\u00a9"});
  EXPECT_EQ(text.headers.at("x-twice"), (std::vector<std::string>{"\u00e9", "\u00e8"}));

  ASSERT_TRUE(fetch("/moved", {.headers = {{"X-Latin", "caf\xe9"}, {"Authorization", "Basic x"}}}));
  EXPECT_TRUE(has_line(target_.last_seen(), "X-Latin: caf\xe9")) << "over a redirect";
  EXPECT_TRUE(has_line(target_.last_seen(), "Authorization: Basic x"));
  EXPECT_TRUE(curl("/").value().headers.contains("x-latin"));
  EXPECT_FALSE(has_line(target_.last_seen(), "X-Latin: caf\xe9")) << "of one request only";
}

}  // namespace
}  // namespace wye::live
