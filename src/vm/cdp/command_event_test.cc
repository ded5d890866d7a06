#include "vm/cdp/command_event.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace wye::vm {
namespace {

namespace json = boost::json;

const std::string kId = "0123456789ABCDEF0123456789ABCDEF";

std::string event_of(std::string_view text, bool cut = false) {
  const auto command = read_command(text, cut);
  if (!command) return "none";
  const auto* method = wire::find_cdp_method(command->method);
  return method == nullptr ? "unknown " + command->method : command_event(*method, *command, "c1", cut);
}

TEST(CommandEvent, holds_method_session_id_and_connection_whatever_the_order_of_members) {
  const std::string told = R"({"method":"Page.reload","connection_id":"c1","session_id":")" + kId +
                           R"(","command_id":7,"arguments":{"ignore_cache":true}})";
  const std::string session = R"("sessionId":")" + kId + "\"", method = R"("method":"Page.reload")",
                    params = R"("params":{"ignoreCache":true,"more":[{"ignoreCache":false}]})",
                    id = R"("id":7)";
  EXPECT_EQ(event_of("{" + id + "," + method + "," + params + "," + session + "}"), told)
      << "Playwright's order";
  EXPECT_EQ(event_of("{" + method + "," + params + "," + session + "," + id + "}"), told)
      << "Puppeteer's order";
  EXPECT_EQ(event_of("{" + params + "," + session + "," + id + "," + method + " } "), told);
  EXPECT_EQ(event_of(R"({"id":1,"method":"Page.close"})"),
            R"({"method":"Page.close","connection_id":"c1","command_id":1})");
}

TEST(CommandEvent, keys_are_named_when_they_stand_for_no_character) {
  const auto key = [](std::string_view more) {
    return event_of(R"({"method":"Input.dispatchKeyEvent","params":{)" + std::string(more) + "}}");
  };
  const std::string begin = R"({"method":"Input.dispatchKeyEvent","connection_id":"c1","arguments":)";
  EXPECT_EQ(key(R"("type":"keyDown","key":"Enter","code":"Enter","text":"\r","modifiers":2)"),
            begin + R"({"type":"keyDown","key":"Enter","text_length":1,"modifiers":2}})");
  EXPECT_EQ(
      key(R"("type":"keyDown","key":"ä","code":"Quote","text":"ä","unmodifiedText":"ä","windowsVirtualKeyCode":222)"),
      begin + R"({"type":"keyDown","key_length":1,"text_length":1}})");
  EXPECT_EQ(key(R"("type":"keyDown","key":"\ud800","text":"a\ud83d\ude00")"),
            begin + R"({"type":"keyDown","key_length":1,"text_length":2}})")
      << "half a pair, and a whole one";
}

TEST(CommandEvent, of_urls_the_scheme_is_told) {
  const auto scheme = [](std::string_view url) {
    return event_of(R"({"method":"Page.navigate","params":{"url":")" + std::string(url) + R"("}})");
  };
  const auto told = [](std::string_view name) {
    return R"({"method":"Page.navigate","connection_id":"c1","arguments":{"url_scheme":")" +
           std::string(name) + R"("}})";
  };
  EXPECT_EQ(scheme("https://user:pass@host/path?q"), told("https"));
  EXPECT_EQ(scheme(" DATA:text/html,x"), told("data"));
  EXPECT_EQ(scheme("secret:x"), told("other"));
  EXPECT_EQ(scheme("secret"), told("other"));
  EXPECT_EQ(scheme("http:" + std::string(100'000, 'x')), told("http"));
}

TEST(CommandEvent, members_of_objects_and_the_last_of_two_equal_ones_are_told) {
  EXPECT_EQ(
      event_of(R"({"method":"Page.close","method":"Browser.setWindowBounds","params":{"windowId":1},)"
               R"("params":{"windowId":2,"windowId":3,"bounds":{"left":-1.5,"windowState":"minimized"}}})"),
      R"({"method":"Browser.setWindowBounds","connection_id":"c1","arguments":)"
      R"({"window_id":3,"bounds_left":-1.5,"bounds_window_state":"minimized"}})");
  EXPECT_EQ(
      event_of(R"({"method":"Input.dispatchTouchEvent","params":{"touchPoints":[{"x":1},{"x":[2]}]}})"),
      R"({"method":"Input.dispatchTouchEvent","connection_id":"c1","arguments":{"touch_points_count":2}})");
}

TEST(CommandEvent, of_a_message_that_was_cut_the_whole_members_are_told) {
  EXPECT_EQ(
      event_of(R"({"id":5,"method":"Runtime.evaluate","params":{"returnByValue":true,"expression":"aaaa)",
               true),
      R"({"method":"Runtime.evaluate","connection_id":"c1","command_id":5,"arguments":{"return_by_value":true},"cut":true})");
  EXPECT_EQ(event_of("{\"id\":5,\"method\":\"Runtime.evaluate\",\"params\":{\"expression\":\"caf\xc3", true),
            R"({"method":"Runtime.evaluate","connection_id":"c1","command_id":5,"cut":true})");
  EXPECT_EQ(event_of(R"({"id":5,"method":"Runtime.eval)", true), "unknown ");
}

TEST(CommandEvent, what_is_no_command_is_none) {
  for (const auto* text : {"", "x", "[]", "[{\"method\":\"Page.close\"}]", "{", "{}x", "{\"method\":}", "1"})
    EXPECT_EQ(event_of(text), "none") << text;
  EXPECT_EQ(event_of(R"({"method":5})"), "unknown ");
  EXPECT_EQ(event_of(R"({"params":{"method":"Page.close"}})"), "unknown ");
  EXPECT_EQ(event_of(R"({"method":"Page.close)" + std::string(100, 'x') + "\"}").size(), 8 + 65u);
  EXPECT_EQ(event_of("{\"method\":\"Page.close\",\"params\":" + std::string(10'000, '[')), "none");
}

// Every argument of every method, with a value of each type that holds the secret, where a text is read and
// where another type is.
TEST(CommandEvent, no_text_of_a_client_is_in_any_event) {
  const std::string values[] = {R"("secret")",
                                R"("secret\u0000Enter")",
                                R"("secret:secret")",
                                R"(["secret"])",
                                R"({"secret":"secret","type":"secret"})",
                                R"(["a",{"secret":["secret"]}])",
                                "\"" + std::string(80, ' ') + "secret\"",
                                R"("Enter secret")",
                                R"("mousePressed/secret")",
                                "\"" + kId + "secret\"",
                                R"("https://secret/secret?secret#secret")"};
  std::size_t walked = 0;
  for (const auto& method : wire::cdp_methods()) {
    for (const auto& value : values) {
      std::string params = R"("secret":)" + value;
      for (const auto& argument : method.arguments) {
        const auto dot = argument.path.find('.');
        const std::string name(argument.path.substr(0, dot));
        if (dot == std::string_view::npos)
          params += ",\"" + name + "\":" + value;
        else
          params += ",\"" + name + "\":{\"" + std::string(argument.path.substr(dot + 1)) + "\":" + value +
                    ",\"secret\":" + value + "}";
      }
      const auto event = event_of(R"({"secret":"secret","sessionId":"secret","method":")" +
                                  std::string(method.name) + R"(","id":1,"params":{)" + params + "}}");
      EXPECT_EQ(event.find("secret"), std::string::npos) << event;
      const auto data = json::parse(event).as_object();  // throws for what is no JSON
      EXPECT_EQ(data.at("method").as_string(), std::string(method.name));
      EXPECT_EQ(data.at("command_id").as_int64(), 1);
      ++walked;
    }
  }
  EXPECT_GT(walked, 900u);
}

// An event holds the arguments that the table lists for the method, under their names.
TEST(CommandEvent, every_argument_of_the_table_is_told_when_it_is_of_its_type) {
  using wire::Sanitized;
  for (const auto& method : wire::cdp_methods()) {
    json::object params, expected;
    for (const auto& argument : method.arguments) {
      json::value given, told;
      switch (argument.how) {
        case Sanitized::number:
          given = told = 12.5;
          break;
        case Sanitized::flag:
          given = told = true;
          break;
        case Sanitized::word:
          given = told = argument.words.back();
          break;
        case Sanitized::key:
          given = told = "F10";
          break;
        case Sanitized::length:
          given = "12345";
          told = 5;
          break;
        case Sanitized::count:
          given = json::array{1, 2, 3};
          told = 3;
          break;
        case Sanitized::scheme:
          given = "about:blank";
          told = "about";
          break;
        case Sanitized::id:
          given = told = kId;
          break;
      }
      const auto dot = argument.path.find('.');
      if (dot == std::string_view::npos)
        params[argument.path] = given;
      else if (!params.contains(argument.path.substr(0, dot)))
        params[argument.path.substr(0, dot)] = json::object{{argument.path.substr(dot + 1), given}};
      else
        params.at(argument.path.substr(0, dot)).as_object()[argument.path.substr(dot + 1)] = given;
      expected[argument.name] = told;
    }
    const auto event =
        json::parse(event_of(json::serialize(json::object{{"method", method.name}, {"params", params}})));
    const auto* told = event.as_object().if_contains("arguments");
    EXPECT_EQ(told == nullptr ? json::value(json::object()) : *told, json::value(expected)) << method.name;
  }
}

}  // namespace
}  // namespace wye::vm
