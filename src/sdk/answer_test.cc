#include "sdk/answer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace wye::sdk {
namespace {

/// Gives a body in pieces, then ends or fails.
class Pieces final : public ResponseStream::Source {
 public:
  Pieces(std::size_t whole, std::size_t piece, std::optional<Error> end)
      : left_(whole), piece_(piece), end_(std::move(end)) {}
  Result<std::size_t> read(std::span<char> out) override {
    if (left_ == 0 && end_) return *end_;
    const auto size = std::min({left_, piece_, out.size()});
    std::fill_n(out.begin(), size, 'x');
    left_ -= size;
    return size;
  }

 private:
  std::size_t left_, piece_;
  std::optional<Error> end_;
};

ResponseStream body(std::size_t whole, std::optional<Error> end = {}) {
  return {200, {}, {}, std::make_unique<Pieces>(whole, 7000, std::move(end))};
}

TEST(ReadWhole, up_to_the_limit_and_not_one_byte_more) {
  auto fits = body(50'000), beyond = body(50'001), none = body(0);
  EXPECT_EQ(read_whole(fits, 50'000).value().size(), 50'000u);
  EXPECT_EQ(read_whole(beyond, 50'000).error().code, "answer_too_large");
  EXPECT_EQ(read_whole(none, 0).value(), "");
}

TEST(ReadWhole, a_body_cut_short_is_no_body) {
  auto cut = body(10, Error{.kind = ErrorKind::disconnected, .code = "body_cut"});
  EXPECT_EQ(read_whole(cut, 100).error().code, "body_cut");
}

TEST(ErrorOfAnswer, is_the_apis_code_and_message_where_there_are_any) {
  const auto error =
      error_of_answer(409, {{"x-request-id", "r1"}}, R"({"code":"name_taken","message":"no"})", "");
  EXPECT_EQ(error, (Error{.kind = ErrorKind::conflict,
                          .code = "name_taken",
                          .message = "no",
                          .status = 409,
                          .request_id = "r1"}));
  EXPECT_EQ(error_of_answer(503, {}, "", "").code, "http_503");
  EXPECT_EQ(error_of_answer(503, {}, "", "").message, "status 503");
  EXPECT_EQ(error_of_answer(418, {}, "<html>teapot", "").message, "<html>teapot");
}

TEST(ErrorOfAnswer, repeats_no_secret_that_the_server_echoes) {
  const std::string key = "sk_secret_of_ours", jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
  for (const std::string& echoed : std::vector<std::string>{key, key + key, "Bearer " + key,
                                                            "https://m/x?jwt=" + jwt, jwt, "plain_secret"}) {
    const auto error = error_of_answer(400, {{"X-Request-Id", echoed}},
                                       R"({"code":")" + echoed + R"(","message":"you sent )" + echoed + "\"}",
                                       echoed == "plain_secret" ? echoed : key);
    for (const auto& text : {error.code, error.message, error.request_id}) {
      EXPECT_EQ(text.find("secret"), std::string::npos) << text;
      EXPECT_EQ(text.find(jwt), std::string::npos) << text;
    }
  }
}

TEST(ErrorOfAnswer, holds_little_of_much) {
  const std::string much(1u << 20, 'y');
  const auto plain = error_of_answer(500, {}, much, "");
  EXPECT_LE(plain.message.size(), 2048u);
  const auto json = error_of_answer(500, {}, R"({"code":")" + much + R"(","message":")" + much + "\"}", "");
  EXPECT_LE(json.message.size(), 2048u);
  EXPECT_LE(json.code.size(), 2048u);
}

}  // namespace
}  // namespace wye::sdk
