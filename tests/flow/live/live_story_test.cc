#include <signal.h>

#include <algorithm>

#include "live_story.h"

namespace wye::live {
namespace {

std::string tail_of(const std::string& id) { return "/browsers/" + id + "/telemetry/events"; }

TEST_F(LiveStory, paging_goes_on_over_a_delete_with_one_fallback_and_every_event_once) {
  const auto id = create_browser();
  make_events(id, 7);
  std::vector<std::int64_t> seen;
  Reply reply;
  auto next = read_page(id, 1, seen, &reply);
  ASSERT_EQ(reply.via, Via::direct) << reply.body;
  EXPECT_FALSE(reply.fell_back);
  ASSERT_GT(next, 0);

  // Another program, with its own client, ends the browser: our route is stale now, and our client cannot
  // know it.
  Client stranger({.api_key = server_->api_key(), .base_url = server_->base_url()});
  ASSERT_TRUE(stranger.browsers().remove(id));

  int fallbacks = 0;
  while (next > 0) {
    next = read_page(id, next, seen, &reply);
    ASSERT_EQ(reply.status, 200) << reply.body;
    fallbacks += reply.fell_back ? 1 : 0;
    EXPECT_EQ(reply.via, Via::control_plane);
  }
  EXPECT_EQ(fallbacks, 1);
  ASSERT_GE(seen.size(), 7u);
  for (std::size_t i = 1; i < seen.size(); ++i)
    EXPECT_EQ(seen[i], seen[i - 1] + 1) << "an event is missing or came twice";

  const auto control = to_control_.sent_by_clients(), metro = to_metro_.sent_by_clients();
  EXPECT_NE(control.find("Bearer " + server_->api_key()), std::string::npos);
  EXPECT_EQ(control.find("jwt="), std::string::npos);
  EXPECT_NE(metro.find("jwt="), std::string::npos);
  EXPECT_EQ(metro.find("uthorization"), std::string::npos);
  EXPECT_EQ(metro.find(server_->api_key()), std::string::npos);
}

TEST_F(LiveStory, an_event_is_told_on_the_open_stream) {
  const auto id = create_browser();
  auto stream = client_->browsers().telemetry().stream(id);
  ASSERT_TRUE(stream) << stream.error().message;
  make_events(id, 1);
  for (;;) {
    auto next = stream->next();
    ASSERT_TRUE(next) << next.error().message;
    ASSERT_TRUE(next->has_value()) << "the stream ended before the event came";
    if ((*next)->event.type != "made_by_test") continue;
    EXPECT_EQ((*next)->event.category, "control");
    break;
  }
}

TEST_F(LiveStory, a_filtered_stream_is_the_same_on_both_legs) {
  const auto id = create_browser();
  ClientOptions options;
  options.base_url = server_->base_url();
  options.api_key = server_->api_key();
  options.routing_subresources = std::vector<std::string>();
  const Client over_control_plane(options);
  const StreamOptions only{.categories = {"control"}, .types = {"made_by_test"}};
  auto direct = client_->telemetry().stream(id, only).value();
  auto control = over_control_plane.telemetry().stream(id, only).value();
  EXPECT_EQ(direct.route().via, Via::direct);
  EXPECT_EQ(control.route().via, Via::control_plane);
  EXPECT_EQ(call("POST", "/browsers/" + id + "/curl", R"({"url":"http://host.wye.internal:1/"})").status,
            502);
  make_events(id, 3);
  for (int i = 0; i < 3; ++i) {
    const auto one = direct.next().value(), other = control.next().value();
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one->event.type, "made_by_test")
        << "the call before it is an event, too, but was not requested";
    EXPECT_EQ(one->seq, other->seq);
  }
  EXPECT_EQ(direct.missed() + control.missed(), 0);
  for (const Client* client : std::initializer_list<const Client*>{client_.get(), &over_control_plane}) {
    const auto refused = client->telemetry().stream(id, {.categories = {"nets"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "bad_request");
    EXPECT_EQ(refused.error().status, 400);
  }
}

TEST_F(LiveStory, a_stopped_agent_is_504_and_never_a_fallback) {
  const auto id = create_browser();
  const auto agent = find_agent(*server_, id);
  ASSERT_GT(agent, 1);
  ASSERT_EQ(::kill(agent, SIGSTOP), 0);
  const auto reply = call("GET", tail_of(id) + "?since=5m");
  ::kill(agent, SIGCONT);
  EXPECT_EQ(reply.status, 504) << reply.body;
  EXPECT_EQ(reply.via, Via::direct);
  EXPECT_FALSE(reply.fell_back);
}

TEST_F(LiveStory, a_killed_agent_ends_the_session_and_its_events_are_read_from_the_archive) {
  const auto id = create_browser();
  make_events(id, 3);
  std::vector<std::int64_t> before, after;
  Reply reply;
  for (auto next = read_page(id, 1, before, &reply); next > 0;) next = read_page(id, next, before, &reply);
  ASSERT_EQ(::kill(find_agent(*server_, id), SIGKILL), 0);
  // While the archive is not whole both legs say 503; then the browser is gone, and the read falls back once.
  do {
    reply = call("GET", tail_of(id) + "?offset=1&limit=100");
    ASSERT_TRUE(reply.status == 200 || reply.status == 503 || reply.status == 502)
        << reply.status << reply.body;
  } while (reply.status != 200 || reply.via != Via::control_plane);
  for (auto next = read_page(id, 1, after, &reply); next > 0;) next = read_page(id, next, after, &reply);
  after.resize(std::min(after.size(), before.size()));
  EXPECT_EQ(after, before);
}

TEST_F(LiveStory, a_crashed_chromium_comes_back_and_the_session_lives_on) {
  const auto id = create_browser();
  auto stream = client_->telemetry().stream(id);
  ASSERT_TRUE(stream);
  const auto chromium = find_chromium(find_agent(*server_, id));
  ASSERT_GT(chromium, 1);
  ASSERT_EQ(::kill(chromium, SIGKILL), 0);
  for (;;) {
    const auto next = stream->next();
    ASSERT_TRUE(next && *next);
    if ((*next)->event.type == "service_crashed") break;
  }
  // The call waits for the Chromium that replaces the dead one; the error is then the target's (nobody
  // listens there).
  const auto reply = call("POST", "/browsers/" + id + "/curl", R"({"url":"http://host.wye.internal:1024/"})");
  EXPECT_EQ(reply.status, 502) << reply.body;
  EXPECT_EQ(reply.code(), "upstream_transport");
  EXPECT_EQ(reply.via, Via::direct);
  EXPECT_EQ(call("GET", "/browsers/" + id).status, 200);
}

// Chromium does not notice the loss, and hangs with the next page that it opens.
TEST_F(LiveStory, a_chromium_that_lost_its_zygote_is_started_anew) {
  const auto id = create_browser();
  auto stream = client_->telemetry().stream(id);
  ASSERT_TRUE(stream);
  const auto zygotes = find_zygotes(find_chromium(find_agent(*server_, id)));
  ASSERT_EQ(zygotes.size(), 2u);
  ASSERT_EQ(::kill(zygotes.back(), SIGKILL), 0);
  for (;;) {
    const auto next = stream->next();
    ASSERT_TRUE(next && *next);
    if ((*next)->event.type == "service_crashed") break;
  }
  const auto reply = call("POST", "/browsers/" + id + "/curl", R"({"url":"http://host.wye.internal:1024/"})");
  EXPECT_EQ(reply.code(), "upstream_transport") << reply.body;
}

TEST_F(LiveStory, browsers_outlive_a_restart_of_the_server_and_are_adopted) {
  const auto id = create_browser();
  make_events(id, 2);
  const auto agent = find_agent(*server_, id);
  server_->restart();
  to_control_.forward_to(server_->port());
  EXPECT_EQ(find_agent(*server_, id), agent);
  make_events(id, 1);
  std::vector<std::int64_t> seen;
  Reply reply;
  for (auto next = read_page(id, 1, seen, &reply); next > 0;) next = read_page(id, next, seen, &reply);
  EXPECT_EQ(reply.via, Via::direct) << "the route survived the restart";
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(call("DELETE", "/browsers/" + id).status, 204);
  EXPECT_EQ(find_agent(*server_, id), 0);
}

TEST_F(LiveStory, an_unreachable_metro_is_an_error_and_never_a_fallback) {
  const auto id = create_browser();
  to_metro_.refuse(true);
  const auto asked = to_control_.request_lines().size();
  const auto reply = call("GET", tail_of(id) + "?since=5m");
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->kind, ErrorKind::disconnected);
  EXPECT_EQ(to_control_.request_lines().size(), asked) << "the control plane was asked";
}

TEST_F(LiveStory, a_404_that_does_not_say_gone_is_handed_on) {
  const auto id = create_browser();
  const auto reply = call("GET", "/browsers/" + id + "/telemetry/nothing-here");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.via, Via::direct);
  EXPECT_EQ(reply.code(), "not_found");
}

// vm-api §8 and wire-api §3: there is one configuration, whoever changed it and over which leg.
TEST_F(LiveStory, a_telemetry_configuration_is_the_same_on_both_legs) {
  const auto id = create_browser();
  const auto shown = [&] {
    const auto browser = client_->browsers().retrieve(id).value();
    std::string on;
    if (browser.telemetry)
      for (const auto& [name, setting] : *browser.telemetry->browser)
        if (setting.enabled) on += (on.empty() ? "" : " ") + name;
    return on;
  };
  EXPECT_EQ(shown(), "captcha connection control system");
  const auto direct =
      call("PUT", "/browsers/" + id + "/telemetry", R"({"browser":{"control":{"enabled":true}}})");
  EXPECT_EQ(direct.status, 200) << direct.body;
  EXPECT_EQ(direct.via, Via::direct);
  EXPECT_EQ(shown(), "control");
  EXPECT_EQ(
      call("PATCH", "/browsers/" + id + "/telemetry", R"({"browser":{"system":{"enabled":true}}})").status,
      200);
  EXPECT_EQ(shown(), "control system");
  const Client around({.api_key = server_->api_key(),
                       .base_url = server_->base_url(),
                       .routing_subresources = std::vector<std::string>()});
  EXPECT_EQ(around
                .request({.method = "PATCH",
                          .path = "/browsers/" + id + "/telemetry",
                          .headers = {{"Content-Type", "application/json"}},
                          .body = R"({"browser":{"control":{"enabled":false}}})"})
                .value()
                .status,
            200);
  EXPECT_EQ(shown(), "system");
  EXPECT_TRUE(client_->browsers().update(id, {.telemetry = {.enabled = false}}));
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(call("GET", "/browsers/" + id + "/telemetry").body.find(R"("enabled":true)"), std::string::npos);
}

}  // namespace
}  // namespace wye::live
