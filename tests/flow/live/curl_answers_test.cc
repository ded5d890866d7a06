// Unusual answers of targets: redirects, odd heads, odd URLs.
#include "base/encoding.h"
#include "curl_live.h"

namespace wye::live {
namespace {

struct Redirect {
  int status;
  std::string method, then;  ///< The method of the second hop.
  bool keeps_body;
};

const Redirect kTable[] = {
    {301, "POST", "GET", false}, {302, "POST", "GET", false},   {303, "POST", "GET", false},
    {307, "POST", "POST", true}, {308, "POST", "POST", true},   {301, "PUT", "PUT", true},
    {303, "PUT", "GET", false},  {302, "PATCH", "PATCH", true}, {303, "DELETE", "GET", false},
    {307, "GET", "GET", false},  {303, "HEAD", "HEAD", false},
};

class CurlRedirects : public Curl {
 protected:
  // Sends both calls over the redirect to `/two`; returns what its target saw of each.
  std::vector<SeenRequest> ask(const Redirect& row, const std::string& location, const std::string& first) {
    script_ = [&](const SeenRequest& request) {
      if (request.line.find(" /one") != std::string::npos)
        return testing::answer(row.status, "", "Location: " + location + "\r\n");
      if (request.line.find(" /back") != std::string::npos)
        return testing::answer(307, "", "Location: " + url("/two") + "\r\n");
      return testing::answer(200, "");
    };
    std::vector<std::pair<std::string, std::string>> fields{
        {"Authorization", "Basic x"}, {"Cookie", "mine=1"}, {"Content-Language", "de"}, {"X-Mine", "1"}};
    const std::string body = row.method == "GET" || row.method == "HEAD" ? "" : R"({"a":1})";
    if (!body.empty()) fields.emplace_back("Content-Type", "application/json");
    CurlRequest request{.url = first, .method = row.method};
    request.headers = {fields.begin(), fields.end()};
    if (!body.empty()) request.body = body;
    std::vector<SeenRequest> seen;
    const auto posted = client_->browsers().curl(id_, request);
    EXPECT_TRUE(posted) << posted.error().message;
    seen.push_back(last());
    FetchRequest raw{.method = row.method, .headers = {fields.begin(), fields.end()}, .body = body};
    const auto fetched = client_->browsers().fetch(id_, first, raw);
    EXPECT_TRUE(fetched) << fetched.error().message;
    seen.push_back(last());
    return seen;
  }
  // Returns the last request at the target, or at the other one when that was asked last.
  SeenRequest last() {
    const auto others = other_.seen();
    if (others.size() > others_) {
      others_ = others.size();
      if (others.back().line.find(" /two") != std::string::npos) return others.back();
    }
    return target_.last_seen();
  }
  [[nodiscard]] std::string others(const std::string& path) const {
    return "http://host.wye.internal:" + std::to_string(other_.port()) + path;
  }

  testing::ScriptedPeer other_{[this](const auto& request) { return script_(request); }};
  std::size_t others_ = 0;
};

TEST_F(CurlRedirects, follow_the_fetch_standards_table_within_one_origin) {
  for (const auto& row : kTable) {
    const auto what = std::to_string(row.status) + " " + row.method;
    for (const auto& seen : ask(row, "/two", url("/one"))) {
      EXPECT_EQ(seen.line, row.then + " /two HTTP/1.1") << what;
      EXPECT_EQ(seen.body, row.keeps_body ? R"({"a":1})" : "") << what;
      EXPECT_EQ(has_line(seen, "Content-Type: application/json"), row.keeps_body) << what << seen.head;
      const bool described = row.keeps_body || row.then == row.method;
      EXPECT_EQ(has_line(seen, "Content-Language: de"), described) << what << seen.head;
      for (const auto* kept : {"Authorization: Basic x", "Cookie: mine=1", "X-Mine: 1"})
        EXPECT_TRUE(has_line(seen, kept)) << kept << " of " << what << "\n" << seen.head;
    }
  }
}

TEST_F(CurlRedirects, credentials_stay_behind_where_the_origin_is_left) {
  const Redirect kept{307, "POST", "POST", true};
  for (const auto& [location, what] :
       {std::pair(others("/two"), "to another port"), std::pair(others("/back"), "there and back")}) {
    for (const auto& seen : ask(kept, location, url("/one"))) {
      EXPECT_EQ(seen.line, "POST /two HTTP/1.1") << what;
      EXPECT_EQ(seen.body, R"({"a":1})") << what;
      for (const auto* line : {"Content-Type: application/json", "X-Mine: 1"})
        EXPECT_TRUE(has_line(seen, line)) << line << " " << what << "\n" << seen.head;
      for (const auto* line : {"Authorization: Basic x", "Cookie: mine=1"})
        EXPECT_FALSE(has_line(seen, line)) << line << " " << what << "\n" << seen.head;
    }
  }
}

TEST_F(CurlRedirects, an_origin_is_what_was_parsed_and_not_its_text) {
  const auto port = std::to_string(target_.port());
  for (const auto& first :
       {"HTTP://Host.WYE.internal:" + port + "/one", "http://host.wye.internal:0" + port + "/one",
        "http://host.wye.in%74ernal:" + port + "/one"}) {
    for (const auto& seen : ask({307, "POST", "POST", true}, "/two#part", first))
      EXPECT_TRUE(has_line(seen, "Authorization: Basic x")) << first << "\n" << seen.head;
  }
}

// Fields with bytes that are no text take another way through Chromium.
TEST_F(CurlRedirects, credentials_beside_bytes_stay_behind_too) {
  script_ = [&](const SeenRequest& request) {
    if (request.line.find(" /one") != std::string::npos)
      return testing::answer(307, "", "Location: " + others("/two") + "\r\n");
    return testing::answer(200, "");
  };
  ASSERT_TRUE(
      fetch("/one", {.headers = {{"X-Bytes", "\xe9"}, {"Authorization", "Basic x"}, {"Cookie", "a=b"}}}));
  const auto seen = other_.last_seen();
  EXPECT_TRUE(has_line(seen, "X-Bytes: \xe9")) << seen.head;
  EXPECT_EQ(seen.head.find("Authorization"), std::string::npos) << seen.head;
  EXPECT_EQ(seen.head.find("a=b"), std::string::npos) << seen.head;
}

struct Odd {
  std::string what, wire;
  std::string raw;  ///< For curl/raw: the body, or the words of its error.
  std::int64_t status = 200;
  std::string post = "ok";  ///< For POST curl: the body; nothing when it is refused, too.
};

std::string many_fields(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "X-" + std::to_string(i) + ": v\r\n";
  return out;
}

TEST_F(Curl, what_chromium_takes_of_a_target_is_handed_on_or_named) {
  const std::string ends = "Connection: close\r\n", two = "Content-Length: 2\r\n" + ends + "\r\nok";
  const Odd rows[] = {
      {"999", "HTTP/1.1 999 Request denied\r\n" + two, "status 999", 999},
      {"600", "HTTP/1.1 600 x\r\n" + two, "status 600", 600},
      {"0", "HTTP/1.1 0 x\r\n" + two, "status 0", 0},
      {"99", "HTTP/1.1 099 x\r\n" + two, "status 99", 99},
      {"no reason", "HTTP/1.1 200\r\n" + two, "ok"},
      {"early hints", "HTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n" + two, "ok"},
      {"100 fields", "HTTP/1.1 200 OK\r\n" + many_fields(100) + two, "ok"},
      {"300 fields", "HTTP/1.1 200 OK\r\n" + many_fields(300) + two, "304 header fields"},
      {"a head of 200 KiB", "HTTP/1.1 200 OK\r\nX: " + std::string(200 << 10, 'y') + "\r\n" + two,
       "a head of"},
      {"a control character", "HTTP/1.1 200 OK\r\nX: a\x01\r\n" + two, "ok"},
      {"an unknown coding", "HTTP/1.1 200 OK\r\nContent-Encoding: odd\r\n" + two, "ok"},
      {"205 with a length", "HTTP/1.1 205 x\r\n" + two, "", 205, ""},
      {"204 with a body", "HTTP/1.1 204 x\r\n" + two, "", 204, ""},
      {"a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n" + ends + "\r\nok", "ok"},
      {"a length of letters", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n" + ends + "\r\nok", "ok"},
      {"a length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + two, "ok"},
      {"a length beside chunks",
       "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n" + ends +
           "\r\n2\r\nok\r\n0\r\n\r\n",
       "ok"},
  };
  for (const auto& row : rows) {
    script_ = [&](const SeenRequest&) { return Play{.bytes = row.wire}; };
    const auto posted = curl("/");
    ASSERT_TRUE(posted) << row.what << ": " << posted.error().message;
    EXPECT_EQ(posted->status, row.status) << row.what;
    EXPECT_EQ(posted->body, row.post) << row.what;
    auto raw = fetch("/");
    ASSERT_TRUE(raw) << row.what << ": " << raw.error().message;
    const auto body = read_all(*raw);
    ASSERT_TRUE(body) << row.what << ": " << body.error().message;
    const bool passes = *body == row.raw;
    EXPECT_TRUE(passes || body->find(row.raw) != std::string::npos) << row.what << ": " << *body;
    EXPECT_EQ(raw->status(), passes ? row.status : 502) << row.what << ": " << *body;
    EXPECT_EQ(header(raw->headers(), "X-Wye-Source"), passes ? "target" : "agent") << row.what;
  }
  script_ = [](const SeenRequest&) { return testing::answer(200, "ok", "X-Ctl: a\x01\r\nX-Fine: b\r\n"); };
  const auto raw = fetch("/").value();
  EXPECT_EQ(header(raw.headers(), "X-Wye-Left-Out"), "X-Ctl");
  EXPECT_EQ(header(raw.headers(), "X-Fine"), "b");
}

TEST_F(Curl, a_url_that_the_browser_cannot_read_is_a_400_at_once) {
  for (const std::string bad :
       {"http://", "http://a b/", "http://[::1", "http:///x", "http://a:99999/", "http://a:x/", "http://a<b/",
        "http://a%00b/", "http://1.2.3.999/", "HTTP://[1:2/", "FTP://a/", "JavaScript:1"}) {
    const auto posted = client_->browsers().curl(id_, {.url = bad});
    ASSERT_FALSE(posted) << bad;
    EXPECT_EQ(posted.error().status, 400) << bad << ": " << posted.error().message;
    const auto raw = client_->browsers().fetch(id_, bad, {});
    EXPECT_EQ(raw ? raw->status() : raw.error().status, raw ? 400 : 0) << bad;  // 0: libwye itself refuses
  }
}

}  // namespace
}  // namespace wye::live
