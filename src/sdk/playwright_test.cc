// Code beside the browser: what the calls send, and what they make of answers, of hostile ones too.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sdk/testing/sdk_fixture.h"
#include "wye/browser_playwright.h"
#include "wye/browser_repl.h"

namespace wye {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::Play;
using testing::SeenRequest;

class CodeCalls : public testing::SdkTest {
 protected:
  CodeCalls() { options_.max_retries = 0; }
  Playwright playwright() { return client().browsers().playwright(); }
  Repl repl() { return client().browsers().repl(); }
  void play(int status, const std::string& body) {
    script_ = [status, body](const SeenRequest&) { return answer(status, body); };
  }
  [[nodiscard]] boost::json::value sent() const { return boost::json::parse(server_.last_seen().body); }
  [[nodiscard]] std::string line() const { return server_.last_seen().line; }
};

TEST_F(CodeCalls, execute_gives_result_output_and_tab) {
  play(200, R"({"success":true,"result":{"a":[1,null]},"stdout":"o","stderr":"e",)"
            R"("tab":{"target_id":"T","created":true}})");
  const auto done = playwright().execute("b", {.code = "return 1", .timeout_sec = 5, .executor = "x"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->success);
  EXPECT_EQ(boost::json::serialize(*done->result), R"({"a":[1,null]})");
  EXPECT_EQ(*done->stdout_ + *done->stderr_ + done->tab->target_id, "oeT");
  EXPECT_EQ(line(), "POST /browsers/b/playwright/execute HTTP/1.1");
  EXPECT_EQ(sent(), boost::json::parse(R"({"code":"return 1","timeout_sec":5,"executor":"x"})"));
}

TEST_F(CodeCalls, null_is_a_result_and_undefined_is_none) {
  play(200, R"({"success":true,"result":null})");
  const auto null = playwright().execute("b", {.code = "return null"});
  ASSERT_TRUE(null->result);
  EXPECT_TRUE(null->result->is_null());
  play(200, R"({"success":true})");
  EXPECT_FALSE(playwright().execute("b", {.code = "x"})->result);
  play(200, R"({"success":false,"error":"Error: no"})");
  EXPECT_EQ(*playwright().execute("b", {.code = "x"})->error, "Error: no");
}

TEST_F(CodeCalls, a_result_is_as_deep_as_the_vm_makes_them_and_no_deeper) {
  const auto nested = [](int levels) {
    return R"({"success":true,"result":)" + std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']') + "}";
  };
  play(200, nested(512));
  EXPECT_TRUE(playwright().execute("b", {.code = "x"}));
  play(200, nested(100'000));
  EXPECT_EQ(playwright().execute("b", {.code = "x"}).error().code, "bad_answer");
}

TEST_F(CodeCalls, hostile_answers_are_named) {
  for (const auto* body : {"", "[]", "{\"success\":1}", "{\"success\":true,\"stdout\":[]}",
                           "{\"success\":true,\"tab\":7}", "{\"success\":true,\"result\":1e999}"}) {
    play(200, body);
    EXPECT_EQ(playwright().execute("b", {.code = "x"}).error().code, "bad_answer") << body;
  }
  for (const auto* body :
       {"[]", "{\"executors\":{}}", "{\"executors\":[7]}", "{\"executors\":[{\"busy\":1}]}"}) {
    play(200, body);
    EXPECT_EQ(playwright().executors("b").error().code, "bad_answer") << body;
  }
  for (const auto* body :
       {"[]", "{\"content\":{}}", "{\"content\":[{\"text\":1}]}", "{\"duration_ms\":1.5}"}) {
    play(200, body);
    EXPECT_EQ(repl().run("b", {.code = "x"}).error().code, "bad_answer") << body;
  }
}

TEST_F(CodeCalls, executors_are_listed_and_removed_by_name) {
  play(200, R"({"executors":[{"name":"default","busy":true,"created_at":"c","last_used_at":"l"},)"
            R"({"name":"x","busy":false,"target_id":"T","url":"about:blank"}]})");
  const auto all = playwright().executors("b").value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].busy);
  EXPECT_EQ(*all[1].url, "about:blank");
  play(204, "");
  EXPECT_TRUE(playwright().remove_executor("b", "x y"));
  EXPECT_EQ(line(), "DELETE /browsers/b/playwright/executors/x%20y HTTP/1.1");
  EXPECT_TRUE(playwright().remove_executor("b", "x", false));
  EXPECT_EQ(line(), "DELETE /browsers/b/playwright/executors/x?close_tab=false HTTP/1.1");
  EXPECT_EQ(playwright().remove_executor("b", "..").error().kind, ErrorKind::invalid);
}

TEST_F(CodeCalls, code_that_may_have_run_is_not_sent_again) {
  options_.max_retries = 2;
  script_ = [](const SeenRequest&) { return Play{.bytes = "", .reset = true}; };
  EXPECT_FALSE(playwright().execute("b", {.code = "x"}));
  EXPECT_FALSE(playwright().remove_executor("b", "x")) << "another one may have its name by then";
  EXPECT_FALSE(repl().run("b", {.code = "x"}));
  EXPECT_EQ(asked(), 3u);
  EXPECT_FALSE(playwright().executors("b"));
  EXPECT_EQ(asked(), 6u) << "reading is no harm";
}

TEST_F(CodeCalls, waits_longer_than_the_code_may_run) {
  script_ = [this](const SeenRequest&) {
    clock_->advance(70s);  // after an attempt, no second one when its time is over
    return answer(503, "{}", "Retry-After: 1\r\n");
  };
  const auto attempts = [this](auto&& call) {
    const auto before = asked();
    call();
    return asked() - before;
  };
  EXPECT_EQ(attempts([&] { (void)playwright().execute("b", {.code = "x"}, {.max_retries = 1}); }), 2u);
  EXPECT_EQ(attempts([&] { (void)repl().run("b", {.code = "x"}, {.max_retries = 1}); }), 2u);
  EXPECT_EQ(attempts([&] {
              (void)repl().run("b", {.code = "x", .timeout_sec = 1}, {.timeout = 60s, .max_retries = 1});
            }),
            1u)
      << "a timeout of the caller's own stays";
}

TEST_F(CodeCalls, a_cell_gives_its_content_in_order) {
  play(200, R"({"repl_id":"r","success":false,"content":[{"type":"text","channel":"write","text":"a"},)"
            R"({"type":"image","mime_type":"image/png","data_b64":"AA=="}],"content_truncated":true,)"
            R"("duration_ms":4,"error":"E","stack":"S","repl_terminated":true})");
  const auto done = repl().run("b", {.code = "x", .reset = true}).value();
  ASSERT_EQ(done.content.size(), 2u);
  EXPECT_EQ(*done.content[0].text + *done.content[1].mime_type, "aimage/png");
  EXPECT_TRUE(*done.content_truncated && *done.repl_terminated && !done.success);
  EXPECT_EQ(line(), "POST /browsers/b/repl HTTP/1.1");
  EXPECT_EQ(sent(), boost::json::parse(R"({"code":"x","reset":true})"));
}

}  // namespace
}  // namespace wye
