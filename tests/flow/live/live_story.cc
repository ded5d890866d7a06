#include "live_story.h"

#include <charconv>

namespace wye::live {

std::string Reply::code() const {
  boost::system::error_code failed;
  const auto parsed = boost::json::parse(body, failed);
  const auto* found = !failed && parsed.is_object() ? parsed.get_object().if_contains("code") : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

std::string Reply::header(std::string_view name) const { return std::string(wye::header(headers, name)); }

LiveStory::LiveStory(ServeProcess::Options options) {
  const auto metro_listen = WireTap::free_port();
  options.metro_url = "http://127.0.0.1:" + std::to_string(to_metro_.port());
  options.metro_listen = "127.0.0.1:" + std::to_string(metro_listen);
  server_ = std::make_unique<ServeProcess>(std::move(options));
  to_control_.forward_to(server_->port());
  to_metro_.forward_to(metro_listen);
  client_ = std::make_unique<Client>(
      ClientOptions{.api_key = server_->api_key(),
                    .base_url = "http://127.0.0.1:" + std::to_string(to_control_.port()),
                    .max_retries = 0});
}

void LiveStory::TearDown() {
  const Client cleaner({.api_key = server_->api_key(), .base_url = server_->base_url()});
  auto left = cleaner.browsers().list({.limit = 100});
  for (auto& browser : left) {
    ASSERT_TRUE(browser.result()) << browser.result().error().message;
    EXPECT_TRUE(cleaner.browsers().remove(browser.value().session_id));
  }
  EXPECT_EQ(server_->stop(), 0) << server_->output();
}

std::string LiveStory::create_browser() {
  const auto browser =
      client_->browsers().create({.headless = true, .timeout_seconds = 300, .telemetry = {.enabled = true}});
  EXPECT_TRUE(browser) << (browser ? "" : browser.error().message) << "\n" << server_->output();
  return browser.value().session_id;
}

Reply LiveStory::call(const std::string& method, const std::string& path, const std::string& body) {
  Request request{.method = method, .path = path, .body = body};
  if (!body.empty()) request.headers = {{"Content-Type", "application/json"}};
  const auto answer = client_->request(request);
  Reply reply;
  if (!answer) {
    reply.error = answer.error();
    return reply;
  }
  reply.status = answer->status;
  reply.body = answer->body;
  reply.headers = answer->headers;
  reply.via = answer->route.via;
  reply.fell_back = answer->route.fell_back;
  return reply;
}

void LiveStory::make_events(const std::string& id, int count) {
  for (int i = 0; i < count; ++i) {
    const auto reply =
        call("POST", "/browsers/" + id + "/telemetry/events",
             R"({"type":"made_by_test","category":"control","data":{"n":)" + std::to_string(i) + "}}");
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
}

std::int64_t LiveStory::read_page(const std::string& id, std::int64_t offset, std::vector<std::int64_t>& seen,
                                  Reply* reply) {
  *reply = call("GET", "/browsers/" + id + "/telemetry/events?limit=3&offset=" + std::to_string(offset));
  if (reply->status != 200) return 0;
  const auto page = reply->json();
  for (const auto& envelope : page.as_array()) seen.push_back(envelope.as_object().at("seq").as_int64());
  if (reply->header("X-Has-More") != "true") return 0;
  return std::stoll(reply->header("X-Next-Offset"));
}

}  // namespace wye::live
