#include "cli/events/event_line.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace wye::cli {
namespace {

constexpr std::int64_t kAt = 1'790'847'000'123'456;  // 2026-10-01T09:30:00.123456Z

TelemetryEnvelope event(const std::string& category, const std::string& type, const std::string& data,
                        std::int64_t ts = kAt) {
  return {.seq = 7,
          .event = {.ts = ts, .type = type, .category = category, .data = boost::json::parse(data)}};
}

std::string line(const std::string& category, const std::string& type, const std::string& data) {
  return EventLines(false).line(event(category, type, data));
}

TEST(EventLines, a_response_says_how_long_it_took_and_how_large_it_is) {
  EventLines lines(false);
  EXPECT_EQ(
      lines.line(event(
          "network", "network_request",
          R"({"request_id":"r1","method":"GET","url":"https://a.example/x","resource_type":"Document"})")),
      "09:30:00.123 network     network_request        GET https://a.example/x Document");
  const auto answered = [&](const std::string& id, const std::string& more) {
    return lines
        .line(event("network", "network_response",
                    R"({"request_id":")" + id +
                        R"(","method":"GET","status":200,"url":"https://a.example/x")" + more + "}",
                    kAt + 12'400))
        .substr(48);
  };
  EXPECT_EQ(answered("r1", R"(,"headers":{"Content-Length":"3412"},"body":"x")"),
            "200 GET https://a.example/x 12 ms 3.4 kB");
  EXPECT_EQ(answered("r2", R"(,"headers":{},"body":"hello")"), "200 GET https://a.example/x 5 B")
      << "a request that was not seen";
  EXPECT_EQ(answered("r2", R"(,"headers":{"content-length":"many"})"), "200 GET https://a.example/x");
}

TEST(EventLines, what_matters_of_each_type_is_shown) {
  EXPECT_EQ(line("console", "console_log", R"({"level":"warning","text":"a\nb","args":["x"]})"),
            "09:30:00.123 console     console_log            warning a b");
  EXPECT_EQ(line("control", "api_call", R"({"operation_id":"browserCurl","status":200,"duration_ms":8.21})"),
            "09:30:00.123 control     api_call               browserCurl 200 8.2 ms");
  EXPECT_EQ(line("page", "page_layout_shift", R"({"url":"http://a/","layout_shift_details":{"value":0.25}})"),
            "09:30:00.123 page        page_layout_shift      0.25 http://a/");
  EXPECT_EQ(line("system", "system_oom_kill", R"({"process_name":"chromium","pid":9,"rss_kb":2048})"),
            "09:30:00.123 system      system_oom_kill        chromium 9 2.1 MB");
  EXPECT_EQ(line("screenshot", "monitor_screenshot", R"({"png":")" + std::string(4000, 'A') + R"("})"),
            "09:30:00.123 screenshot  monitor_screenshot     3.0 kB PNG");
}

TEST(EventLines, a_data_url_is_its_media_type_and_its_size) {
  const auto request = [](const std::string& url) {
    return line("network", "network_request", R"({"method":"GET","url":")" + url + R"("})").substr(48);
  };
  EXPECT_EQ(request("data:image/png;base64," + std::string(3000, 'A')), "GET data:image/png;base64,… 3.0 kB");
  EXPECT_EQ(request("data:" + std::string(100, 'x')), "GET data:" + std::string(55, 'x') + "…,… 0 B");
  EXPECT_EQ(line("network", "network_response",
                 R"({"method":"GET","status":200,"url":"data:text/html,hello","headers":{}})")
                .substr(48),
            "200 GET data:text/html,… 5 B");
}

TEST(EventLines, a_type_of_a_newer_server_is_shown_as_it_is) {
  EXPECT_EQ(line("new", "new_type", R"({"a":[1,2]})"),
            "09:30:00.123 new         new_type               {\"a\":[1,2]}");
  EXPECT_EQ(line("new", "new_type", "3"), "09:30:00.123 new         new_type               3");
}

TEST(EventLines, nothing_of_a_page_reaches_the_terminal_as_a_command) {
  const auto shown =
      line("console", "console_log",
           R"({"level":"log\u001b]0;x\u0007","text":"\u001b[2J\u009b31m \u202egnp.exe\u2028 ä\u0000"})");
  for (const char c : shown) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << int(c);
  EXPECT_EQ(shown.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(shown.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_NE(shown.find("ä"), std::string::npos);
  EXPECT_EQ(plain_text("\xff\xfe ok \xc3", 100), "\xef\xbf\xbd\xef\xbf\xbd ok \xef\xbf\xbd");
}

TEST(EventLines, long_text_is_cut_between_characters) {
  EXPECT_EQ(plain_text("ääää", 5), "ää…");
  EXPECT_EQ(plain_text("abc", 3), "abc");
  EXPECT_LT(line("page", "page_load", R"({"url":"http://a/)" + std::string(100'000, 'x') + R"("})").size(),
            500u);
}

TEST(EventLines, requests_without_an_answer_are_not_kept_for_ever) {
  EventLines lines(false);
  const auto request = [&](const std::string& id) {
    (void)lines.line(event("network", "network_request", R"({"request_id":")" + id + R"("})"));
  };
  request("first");
  for (std::size_t i = 0; i < EventLines::kRequestsKept; ++i) request(std::to_string(i));
  const auto answered = [&](const std::string& id) {
    return lines.line(
        event("network", "network_response", R"({"request_id":")" + id + R"(","status":200})", kAt + 5000));
  };
  EXPECT_EQ(answered("first").find(" ms"), std::string::npos);
  EXPECT_NE(answered("1").find("5.0 ms"), std::string::npos);
}

TEST(EventLines, colours_say_category_and_trouble) {
  EventLines lines(true);
  EXPECT_NE(lines.line(event("network", "network_request", "{}")).find("\x1b[36mnetwork    \x1b[0m"),
            std::string::npos);
  EXPECT_NE(lines.line(event("network", "network_response", R"({"status":404})")).find("\x1b[31m404\x1b[0m"),
            std::string::npos);
}

}  // namespace
}  // namespace wye::cli
