// Every rule and every row of the routing contract, against peers that record the wire.
#include <thread>

#include "contract_fixture.h"
#include "routing/decide.h"
#include "routing/learn.h"

namespace wye {
namespace {

using testing::answer;
using testing::SeenRequest;

// routing-contract §4: the positive row.

TEST_F(Contract, a_gone_browsers_eligible_read_falls_back_exactly_once) {
  learn();
  const auto reply =
      client()
          .request({.path = "/browsers/" + kSession + "/telemetry/events?limit=5&jwt=forged&order=asc"})
          .value();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "[\"archive\"]");
  EXPECT_EQ(reply.route.via, Via::control_plane);
  EXPECT_EQ(reply.route.reason, RouteReason::browser_gone);
  EXPECT_TRUE(reply.route.fell_back);
  EXPECT_EQ(metro_.count(), 1u);
  EXPECT_EQ(archive_reads(), 1u);
  EXPECT_EQ(control_.last_seen().line,
            "GET /browsers/" + kSession + "/telemetry/events?limit=5&order=asc HTTP/1.1");
  EXPECT_TRUE(client().routes().empty());
}

TEST_F(Contract, the_key_goes_to_the_control_plane_only_and_the_jwt_to_the_metro_only) {
  learn();
  (void)get("telemetry/events");
  for (const auto& request : metro_.seen()) {
    EXPECT_NE(request.line.find("jwt=" + jwt("a")), std::string::npos);
    EXPECT_EQ(ascii_lower(request.head).find("authorization"), std::string::npos);
  }
  for (const auto& request : control_.seen()) {
    EXPECT_NE(request.head.find("Authorization: Bearer " + kKey), std::string::npos);
    EXPECT_EQ(request.line.find("jwt"), std::string::npos);
  }
}

TEST_F(Contract, a_read_by_name_falls_back_with_the_sessions_id) {
  learn();
  const auto reply = client().request({.path = "/browsers/CHECKOUT-1/telemetry/events"}).value();
  EXPECT_TRUE(reply.route.fell_back);
  EXPECT_EQ(control_.last_seen().line, "GET /browsers/" + kSession + "/telemetry/events HTTP/1.1");
}

struct GoneCase {
  const char* name;
  std::function<testing::Play()> play;
  bool falls_back;
};
void PrintTo(const GoneCase& row, std::ostream* out) { *out << row.name; }
class GoneAnswers : public Contract, public ::testing::WithParamInterface<GoneCase> {};

TEST_P(GoneAnswers, is_judged_by_the_body_alone) {
  metro_script_ = [](const SeenRequest&) { return GetParam().play(); };
  learn();
  const auto reply = get("telemetry/events").value();
  EXPECT_EQ(reply.route.fell_back, GetParam().falls_back);
  EXPECT_EQ(archive_reads(), GetParam().falls_back ? 1u : 0u);
  if (GetParam().falls_back) return;
  const auto sent = GetParam().play().bytes;
  const auto at = sent.find("\r\n\r\n") + 4;
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, sent.substr(at)) << "every byte is handed on";
  EXPECT_EQ(reply.route.via, Via::direct);
  EXPECT_EQ(client().routes().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Contract, GoneAnswers,
    ::testing::Values(
        GoneCase{"json_type", [] { return answer(404, kGone); }, true},
        GoneCase{"no_content_type", [] { return answer(404, kGone, ""); }, true},
        GoneCase{"wrong_content_type", [] { return answer(404, kGone, "Content-Type: text/html\r\n"); },
                 true},
        GoneCase{"chunked", [] { return testing::chunked(404, kGone); }, true},
        GoneCase{"white_space_around", [] { return answer(404, " \n" + kGone + "\n "); }, true},
        GoneCase{"exactly_64_KiB", [] { return answer(404, kGone + std::string(65536 - kGone.size(), ' ')); },
                 true},
        GoneCase{"one_byte_over_64_KiB",
                 [] { return answer(404, kGone + std::string(65537 - kGone.size(), ' ')); }, false},
        GoneCase{"a_megabyte", [] { return answer(404, kGone + std::string(1 << 20, ' ')); }, false},
        GoneCase{"other_code", [] { return answer(404, R"({"code":"not_found"})"); }, false},
        GoneCase{"no_code", [] { return answer(404, R"({"message":"browser_gone"})"); }, false},
        GoneCase{"not_json", [] { return answer(404, "browser_gone"); }, false},
        GoneCase{"an_array", [] { return answer(404, "[" + kGone + "]"); }, false},
        GoneCase{"a_string", [] { return answer(404, R"("browser_gone")"); }, false},
        GoneCase{"code_not_a_string", [] { return answer(404, R"({"code":{"browser_gone":1}})"); }, false},
        GoneCase{"code_nested", [] { return answer(404, R"({"error":{"code":"browser_gone"}})"); }, false},
        GoneCase{"code_in_other_case", [] { return answer(404, R"({"code":"BROWSER_GONE"})"); }, false},
        GoneCase{"empty", [] { return answer(404, ""); }, false},
        GoneCase{"byte_order_mark", [] { return answer(404, "\xef\xbb\xbf" + kGone); }, false},
        GoneCase{"trailing_bytes", [] { return answer(404, kGone + "x"); }, false},
        GoneCase{"invalid_utf8", [] { return answer(404, "{\"code\":\"browser_gone\",\"m\":\"\xff\"}"); },
                 false}),
    [](const auto& tested) { return std::string(tested.param.name); });

class OtherStatuses : public Contract, public ::testing::WithParamInterface<int> {};

TEST_P(OtherStatuses, are_returned_whatever_the_body_says) {
  metro_script_ = [](const SeenRequest&) { return answer(GetParam(), kGone); };
  learn();
  const auto reply = get("telemetry/events").value();
  EXPECT_EQ(reply.status, GetParam());
  EXPECT_EQ(reply.body, kGone);
  EXPECT_EQ(reply.route.via, Via::direct);
  EXPECT_EQ(archive_reads(), 0u);
  EXPECT_EQ(metro_.count(), 1u);
  EXPECT_EQ(client().routes().empty(), GetParam() == 401) << "only a 401 forgets the route";
}

INSTANTIATE_TEST_SUITE_P(Contract, OtherStatuses,
                         ::testing::Values(200, 201, 300, 400, 401, 403, 409, 410, 418, 429, 500, 502, 503,
                                           504),
                         [](const auto& tested) { return "status_" + std::to_string(tested.param); });

TEST_F(Contract, a_post_is_never_sent_again) {
  learn();
  const auto reply =
      client()
          .request({.method = "POST", .path = "/browsers/" + kSession + "/telemetry/events", .body = "{}"})
          .value();
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, kGone);
  EXPECT_FALSE(reply.route.fell_back);
  EXPECT_EQ(archive_reads(), 0u);
}

TEST_F(Contract, paths_outside_the_registry_never_fall_back) {
  learn();
  for (const auto* tail :
       {"telemetry/stream", "telemetry/events/x", "telemetry", "fs/read_file?path=%2Fa", "curl/raw"}) {
    const auto reply = get(tail).value();
    EXPECT_EQ(reply.status, 404) << tail;
    EXPECT_EQ(reply.route.via, Via::direct) << tail;
  }
  EXPECT_EQ(control_.count(), 1u);
  EXPECT_TRUE(is_fallback_eligible("telemetry/events"));
  EXPECT_FALSE(is_fallback_eligible("telemetry/eventsx"));
}

TEST_F(Contract, a_fallbacks_own_answer_is_final_whatever_it_is) {
  for (const int status : {404, 500, 503}) {
    control_script_ = [this, status](const SeenRequest& request) {
      return request.line.find("events") != std::string::npos
                 ? answer(status, kGone)
                 : answer(200, browser(jwt("s" + std::to_string(status))));
    };
    learn();
    const auto before = archive_reads();
    const auto reply = get("telemetry/events").value();
    EXPECT_EQ(reply.status, status);
    EXPECT_TRUE(reply.route.fell_back);
    EXPECT_EQ(archive_reads(), before + 1);
  }
}

TEST_F(Contract, a_reset_is_the_callers_error) {
  metro_script_ = [](const SeenRequest&) { return testing::Play{"", true}; };
  learn();
  EXPECT_EQ(get("telemetry/events").error().kind, ErrorKind::disconnected);
  EXPECT_EQ(archive_reads(), 0u);
}

TEST_F(Contract, a_refused_connection_is_the_callers_error) {
  std::string dead;
  {
    const testing::ScriptedPeer gone([](const SeenRequest&) { return answer(200, ""); });
    dead = gone.origin();
  }
  control_script_ = [&](const SeenRequest&) {
    return answer(200, R"({"session_id":")" + kSession + R"(","base_url":")" + dead + R"(","jwt":"t"})");
  };
  learn();
  const auto reply = get("telemetry/events");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "connect_failed");
  EXPECT_EQ(archive_reads(), 0u);
}

TEST_F(Contract, a_timeout_is_the_callers_error) {
  metro_script_ = [](const SeenRequest&) { return testing::Play{"", false, true}; };
  learn();
  const auto reply = client().request({.path = "/browsers/" + kSession + "/telemetry/events"},
                                      {.timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(archive_reads(), 0u);
}

TEST_F(Contract, a_body_cut_short_is_the_callers_error_also_in_a_404) {
  for (const int status : {200, 404}) {
    metro_script_ = [status](const SeenRequest&) {
      return testing::Play{"HTTP/1.1 " + std::to_string(status) + " S\r\nContent-Length: 500\r\n\r\n" +
                           kGone};
    };
    learn();
    const auto reply = get("telemetry/events");
    ASSERT_FALSE(reply) << status;
    EXPECT_EQ(reply.error().kind, ErrorKind::disconnected);
    EXPECT_EQ(archive_reads(), 0u);
  }
}

TEST_F(Contract, sixty_four_threads_on_one_gone_browser_fall_back_once_each) {
  learn();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 64; ++i)
    threads.emplace_back([&] {
      const auto reply = get("telemetry/events");
      if (reply && reply->status == 200 && reply->route.via == Via::control_plane) ++good;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 64);
  EXPECT_EQ(archive_reads(), 64u);
  EXPECT_LE(metro_.count(), 64u);
  EXPECT_TRUE(client().routes().empty());
  const auto later = metro_.count();
  (void)get("telemetry/events");
  EXPECT_EQ(metro_.count(), later) << "the session has no route any more";
}

// routing-contract §2 and §3: deciding, and the direct request.

TEST_F(Contract, decisions_name_their_reason) {
  EXPECT_EQ(get("telemetry/events").value().route.reason, RouteReason::no_route);
  learn();
  EXPECT_EQ(get("process/exec").value().route.reason, RouteReason::not_allowed);
  EXPECT_EQ(get("telemetryx").value().route.reason, RouteReason::not_allowed);
  EXPECT_EQ(client().request({.path = "/profiles"}).value().route.reason, RouteReason::not_a_browser_path);
  EXPECT_EQ(get("telemetry/%2e%2E/fs").value().route.reason, RouteReason::not_a_browser_path);
  EXPECT_EQ(get("telemetry/../fs").value().route.reason, RouteReason::not_a_browser_path);
  EXPECT_EQ(get("fs/file_info").value().route.reason, RouteReason::direct);
}

TEST_F(Contract, the_tail_and_the_query_travel_as_they_were_encoded) {
  learn();
  metro_script_ = [](const SeenRequest&) { return answer(200, "{}"); };
  (void)get("fs/a%2Fb//c%20d?x=%7E+1&jwt=mine&y&z=");
  EXPECT_EQ(metro_.last_seen().line, "GET /browser/kernel/" + kSession +
                                         "/fs/a%2Fb//c%20d?x=%7E+1&y&z=&jwt=" + jwt("a") + " HTTP/1.1");
}

TEST_F(Contract, bodies_and_their_types_travel_unchanged) {
  learn();
  metro_script_ = [](const SeenRequest&) { return answer(200, "{}"); };
  const std::string body("a\0b\r\n--x", 9);
  (void)client().request(
      {.method = "POST",
       .path = "/browsers/" + kSession + "/fs/upload",
       .headers = {{"Content-Type", "multipart/form-data; boundary=x"}, {"authorization", "Bearer mine"}},
       .body = body});
  EXPECT_EQ(metro_.last_seen().body, body);
  EXPECT_NE(metro_.last_seen().head.find("Content-Type: multipart/form-data; boundary=x"), std::string::npos);
  EXPECT_EQ(ascii_lower(metro_.last_seen().head).find("authorization"), std::string::npos);
}

TEST_F(Contract, a_foreign_origin_gets_no_credential) {
  testing::ScriptedPeer foreign([](const SeenRequest&) { return answer(200, "{}"); });
  learn();
  const auto reply =
      client().request({.path = foreign.origin() + "/browsers/" + kSession + "/telemetry/events"}).value();
  EXPECT_EQ(reply.route.via, Via::elsewhere);
  EXPECT_EQ(reply.route.reason, RouteReason::not_control_plane);
  EXPECT_EQ(ascii_lower(foreign.seen().at(0).head).find("authorization"), std::string::npos);
}

TEST_F(Contract, a_redirect_takes_no_credential_to_another_origin) {
  testing::ScriptedPeer foreign([](const SeenRequest&) { return answer(200, "{}"); });
  learn();
  metro_script_ = [&](const SeenRequest&) {
    return answer(302, "", "Location: " + foreign.origin() + "/x\r\n");
  };
  EXPECT_EQ(get("fs/file_info").value().status, 302) << "the VM's redirect elsewhere is handed on";
  EXPECT_EQ(foreign.count(), 0u);
  control_script_ = [&](const SeenRequest&) {
    return answer(302, "", "Location: " + foreign.origin() + "/y\r\n");
  };
  EXPECT_EQ(client().request({.path = "/profiles"}).value().status, 200);
  EXPECT_EQ(ascii_lower(foreign.seen().at(0).head).find("authorization"), std::string::npos);
}

TEST_F(Contract, the_key_goes_only_below_the_base_path) {
  options_.base_url = control_.origin() + "/kernel/v1";
  learn();
  EXPECT_EQ(control_.last_seen().line, "GET /kernel/v1/browsers/" + kSession + " HTTP/1.1");
  EXPECT_EQ(client().routes().size(), 1u) << "a base URL with a path of its own learns like one without";
  (void)client().request({.path = control_.origin() + "/other/browsers"});
  EXPECT_EQ(ascii_lower(control_.last_seen().head).find("authorization"), std::string::npos);
}

// routing-contract §1: learning and forgetting.

TEST_F(Contract, routes_are_learned_from_the_listed_paths_only) {
  for (const auto* path : {"browsers", "/v1/browsers", "browsers/x", "browser_pools/p/acquire"})
    EXPECT_TRUE(routing::is_learning_path(path)) << path;
  for (const auto* path :
       {"browsers/x/curl", "profiles", "browser_pools/p", "browser_pools/p/acquire/x", "vx/browsers"})
    EXPECT_FALSE(routing::is_learning_path(path)) << path;
}

TEST_F(Contract, only_json_teaches_and_nothing_deeper_than_a_direct_member) {
  const auto shown = browser(jwt("a"));
  const auto learned_from = [&](const std::string& body, const std::string& type, int status = 200) {
    client_.reset();
    control_script_ = [=](const SeenRequest&) {
      return answer(status, body, "Content-Type: " + type + "\r\n");
    };
    (void)client().request({.path = "/browsers"});
    return client().routes().size();
  };
  EXPECT_EQ(learned_from(shown, "application/json; charset=utf-8"), 1u);
  EXPECT_EQ(learned_from(shown, "application/problem+json"), 1u);
  EXPECT_EQ(learned_from("[" + shown + "]", "application/json"), 1u);
  EXPECT_EQ(learned_from(R"({"browsers":[)" + shown + "]}", "application/json"), 1u);
  EXPECT_EQ(learned_from(R"({"browser":)" + shown + "}", "application/json"), 1u);
  EXPECT_EQ(learned_from(R"({"a":{"b":)" + shown + "}}", "application/json"), 0u);
  EXPECT_EQ(learned_from(R"({"a":[{"b":)" + shown + "}]}", "application/json"), 0u);
  EXPECT_EQ(learned_from(shown, "text/plain"), 0u);
  EXPECT_EQ(learned_from(shown, "application/json", 404), 0u);
  EXPECT_EQ(learned_from("{", "application/json"), 0u);
}

TEST_F(Contract, a_deleted_browser_is_never_learned_and_forgets_what_was_known) {
  learn();
  control_script_ = [&](const SeenRequest&) {
    auto body = browser(jwt("a"));
    return answer(200, body.substr(0, body.size() - 1) + R"(,"deleted_at":"2026-10-01T00:00:00Z"})");
  };
  (void)client().request({.path = "/browsers/" + kSession});
  EXPECT_TRUE(client().routes().empty());
}

TEST_F(Contract, an_expired_jwt_ends_its_route) {
  control_script_ = [&](const SeenRequest&) { return answer(200, browser(jwt("old", 1000))); };
  learn();
  EXPECT_EQ(get("telemetry/events").value().route.reason, RouteReason::no_route);
}

TEST_F(Contract, a_delete_forgets_by_id_and_by_name) {
  for (const std::string& who : {kSession, std::string("checkout-1")}) {
    client_.reset();
    control_script_ = [&](const SeenRequest& request) {
      return request.line.starts_with("DELETE")
                 ? testing::Play{"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"}
                 : answer(200, browser(jwt("a")));
    };
    learn();
    EXPECT_EQ(client().request({.method = "DELETE", .path = "/browsers/" + who}).value().status, 204);
    EXPECT_TRUE(client().routes().empty()) << who;
  }
}

TEST_F(Contract, a_release_forgets_the_session_of_its_body) {
  learn();
  control_script_ = [](const SeenRequest&) {
    return testing::Play{"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"};
  };
  (void)client().request({.method = "POST",
                          .path = "/browser_pools/p/release",
                          .body = R"({"session_id":")" + kSession + "\"}"});
  EXPECT_TRUE(client().routes().empty());
}

TEST_F(Contract, a_failed_delete_forgets_nothing) {
  learn();
  control_script_ = [](const SeenRequest&) { return answer(500, "{}"); };
  (void)client().request({.method = "DELETE", .path = "/browsers/" + kSession});
  EXPECT_EQ(client().routes().size(), 1u);
}

TEST_F(Contract, forgetting_compares_and_a_newer_route_survives) {
  SystemClock clock;
  routing::RouteCache cache(clock);
  const routing::Route old{"s", "http://m", "one", 0}, fresh{"s", "http://m", "two", 0};
  const auto begun = cache.begin();
  cache.learn(old, "n", begun);
  cache.learn(fresh, "n", cache.begin());
  cache.forget(old);
  ASSERT_TRUE(cache.find("s"));
  EXPECT_EQ(cache.find("s")->jwt, "two");
  cache.learn(old, "n", begun);  // the answer to a request that began before the route was forgotten
  EXPECT_EQ(cache.find("n")->jwt, "two");
}

TEST_F(Contract, stale_routes_are_refreshed_only_when_asked_for) {
  metro_script_ = [](const SeenRequest&) { return answer(403, "{}"); };
  learn();
  EXPECT_EQ(get("fs/file_info").value().status, 403);
  EXPECT_EQ(client().routes().size(), 1u);
  client_.reset();
  options_.refresh_stale_routes = true;
  learn();
  const auto reply = get("fs/file_info").value();
  EXPECT_EQ(reply.route.reason, RouteReason::stale_route);
  EXPECT_EQ(reply.route.via, Via::control_plane);
  EXPECT_TRUE(client().routes().empty());
}

TEST_F(Contract, raw_fetch_sends_nothing_of_ours_and_is_never_an_error_of_ours) {
  learn();
  metro_script_ = [](const SeenRequest&) { return answer(404, kGone); };
  auto reply = client().browsers().fetch(
      kSession, "http://t/x?a=b c",
      {.method = "PUT",
       .headers = {{"X-Mine", "1"}, {"Authorization", "Basic dTpw"}, {"X-Key", kKey}},
       .body = "b"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status(), 404);
  const auto seen = metro_.last_seen();
  EXPECT_EQ(seen.line, "PUT /browser/kernel/" + kSession +
                           "/curl/raw?url=http%3A%2F%2Ft%2Fx%3Fa%3Db%20c&jwt=" + jwt("a") + " HTTP/1.1");
  EXPECT_EQ(seen.head.find("User-Agent"), std::string::npos);
  EXPECT_NE(seen.head.find("\r\nAuthorization: Basic dTpw\r\n"), std::string::npos)
      << "the target's, not ours";
  EXPECT_EQ(seen.head.find(kKey), std::string::npos);
  EXPECT_EQ(archive_reads(), 0u);
  EXPECT_EQ(client().browsers().fetch("unknown", "http://t/").error().code, "no_route");
}

}  // namespace
}  // namespace wye
