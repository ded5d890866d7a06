// A server that misbehaves must not harm the client.
#include "contract_fixture.h"

namespace wye {
namespace {

using testing::SeenRequest;

TEST_F(Contract, headers_with_line_breaks_are_refused_before_anything_is_sent) {
  for (const auto& [name, value] : HeaderFields{{"X-A", "1\r\nX-B: 2"},
                                                {"X-A", "1\n2"},
                                                {"X A", "1"},
                                                {"", "1"},
                                                {"X-A\r\nB", "1"},
                                                {"X-A", std::string("1\0", 2)}}) {
    const auto reply = client().request({.path = "/browsers", .headers = {{name, value}}});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, ErrorKind::invalid);
  }
  EXPECT_EQ(client().request({.method = "GET /x HTTP/1.1\r\nX: ", .path = "/"}).error().kind,
            ErrorKind::invalid);
  EXPECT_FALSE(client().request({.path = "/browsers/a b"}));
  EXPECT_EQ(control_.count(), 0u);
}

TEST_F(Contract, endless_headers_end_in_an_error) {
  control_script_ = [](const SeenRequest&) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 20'000; ++i)
      head += "X-Filler-" + std::to_string(i) + ": " + std::string(64, 'x') + "\r\n";
    return testing::Play{head};
  };
  const auto reply = client().request({.path = "/browsers"});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::disconnected);
}

TEST_F(Contract, a_length_that_promises_more_is_an_error_not_a_short_body) {
  control_script_ = [](const SeenRequest&) {
    return testing::Play{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"};
  };
  EXPECT_EQ(client().request({.path = "/browsers"}).error().kind, ErrorKind::disconnected);
}

TEST_F(Contract, a_chunked_body_without_its_end_is_an_error) {
  control_script_ = [](const SeenRequest&) {
    return testing::Play{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"};
  };
  EXPECT_EQ(client().request({.path = "/browsers"}).error().kind, ErrorKind::disconnected);
}

TEST_F(Contract, redirects_in_a_circle_end) {
  control_script_ = [](const SeenRequest&) { return testing::answer(302, "", "Location: /again\r\n"); };
  EXPECT_EQ(client().request({.path = "/profiles"}).value().status, 302);
  EXPECT_EQ(control_.count(), 11u);
}

TEST_F(Contract, retries_obey_the_server_and_never_repeat_what_may_have_run) {
  options_.max_retries = 2;
  std::atomic<int> calls{0};
  control_script_ = [&](const SeenRequest&) {
    return ++calls < 3 ? testing::answer(503, "{}", "retry-after-ms: 1\r\n") : testing::answer(200, "{}");
  };
  EXPECT_EQ(client().request({.path = "/profiles"}).value().status, 200);
  EXPECT_EQ(calls, 3);
  control_script_ = [&](const SeenRequest&) { return testing::answer(500, "{}", "retry-after-ms: 1\r\n"); };
  const auto before = control_.count();
  EXPECT_EQ(client().request({.method = "POST", .path = "/profiles", .body = "{}"}).value().status, 500);
  EXPECT_EQ(control_.count(), before + 1);
  control_script_ = [&](const SeenRequest&) {
    return testing::answer(503, "{}", "retry-after-ms: 1\r\nx-should-retry: false\r\n");
  };
  EXPECT_EQ(client().request({.path = "/profiles"}).value().status, 503);
  EXPECT_EQ(control_.count(), before + 2);
}

TEST_F(Contract, a_cancelled_call_ends_at_once) {
  control_script_ = [](const SeenRequest&) { return testing::Play{"", false, true}; };
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(client().request({.path = "/profiles"}, {.stop = stop.get_token()}).error().kind,
            ErrorKind::cancelled);
}

}  // namespace
}  // namespace wye
