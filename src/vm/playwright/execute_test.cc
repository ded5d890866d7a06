#include <gtest/gtest.h>

#include "vm/playwright/execute_answer.h"
#include "vm/playwright/execute_request.h"

namespace wye::vm {
namespace {

TEST(ExecuteRequest, has_defaults_and_bounds) {
  const auto plain = read_execute_request(R"({"code":"return 1"})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->timeout.count(), 60);
  EXPECT_EQ(plain->executor, "default");
  const auto full = read_execute_request(R"({"code":"x","timeout_sec":300,"executor":"A_b-9"})");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->timeout.count(), 300);
  EXPECT_EQ(full->executor, "A_b-9");
}

TEST(ExecuteRequest, what_is_wrong_is_bad_request) {
  for (const std::string bad :
       {R"({})", R"({"code":""})", R"({"code":1})", R"({"code":null})", R"({"code":"x","timeout_sec":0})",
        R"({"code":"x","timeout_sec":301})", R"({"code":"x","timeout_sec":"5"})",
        R"({"code":"x","executor":""})", R"({"code":"x","executor":"a b"})", R"({"code":"x","executor":"é"})",
        "[]", "nonsense", ""}) {
    const auto read = read_execute_request(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().kind, ErrorKind::invalid) << bad;
  }
  EXPECT_FALSE(is_executor_name(std::string(65, 'a')));
  EXPECT_TRUE(is_executor_name(std::string(64, 'a')));
}

TEST(ExecuteAnswer, holds_what_there_is) {
  ExecuteOutcome outcome;
  EXPECT_EQ(execute_answer(outcome), R"({"success":true})");
  outcome.result = R"({"a":[1]})";
  outcome.out.add("hi \xff\n");
  outcome.tab = ExecuteOutcome::Tab{"T1", true};
  EXPECT_EQ(execute_answer(outcome),
            "{\"success\":true,\"result\":{\"a\":[1]},\"stdout\":\"hi "
            "\xEF\xBF\xBD\\n\",\"tab\":{\"target_id\":\"T1\",\"created\":true}}");
  outcome.error = "it \"failed\"";
  outcome.tab.reset();
  EXPECT_EQ(execute_answer(outcome),
            "{\"success\":false,\"error\":\"it \\\"failed\\\"\",\"stdout\":\"hi \xEF\xBF\xBD\\n\"}");
}

TEST(CapturedOutput, is_cut_at_its_bound) {
  CapturedOutput output;
  output.add(std::string(CapturedOutput::kMost - 1, 'a'));
  output.add("b");
  EXPECT_EQ(output.text().size(), CapturedOutput::kMost);
  output.add("c");
  EXPECT_TRUE(output.text().ends_with("ab...[truncated]"));
}

TEST(IsJson, takes_one_value_and_no_more) {
  for (const std::string good : {"1", "null", "\"x\"", "[1,{\"a\":-1.5e3}]", " {} "})
    EXPECT_TRUE(is_json(good)) << good;
  for (const std::string bad : {"", " ", "1 2", "{]", "[1,]", "nul", "\"\xff\"", "1e999", "{} x", "// c\n1"})
    EXPECT_FALSE(is_json(bad)) << bad;
  EXPECT_TRUE(is_json(std::string(500, '[') + std::string(500, ']')));
  EXPECT_FALSE(is_json(std::string(600, '[') + std::string(600, ']')));
}

}  // namespace
}  // namespace wye::vm
