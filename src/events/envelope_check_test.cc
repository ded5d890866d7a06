#include "events/envelope_check.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "wire/json_codec.h"

namespace wye::events {
namespace {

// The reference: parses the whole text and looks at the tree.
bool parsed_is_envelope(std::string_view text, std::int64_t seq) {
  const auto value = wire::parse_json(text);
  if (!value || !value->is_object()) return false;
  const auto* number = value->get_object().if_contains("seq");
  const auto* event = value->get_object().if_contains("event");
  return number != nullptr && number->is_int64() && number->get_int64() == seq && event != nullptr &&
         event->is_object();
}

TEST(EnvelopeCheck, takes_an_object_of_that_seq_whose_event_is_an_object) {
  struct Row {
    const char* text;
    bool is;
  };
  for (const auto& [text, is] : {
           Row{R"({"seq":7,"event":{}})", true},
           Row{R"({"event":{"seq":8,"event":1},"x":[{"seq":9}],"seq":7})", true},
           Row{" {\n\"seq\" : 7 , \"event\" : { } } ", true},
           Row{R"({"seq":8,"event":{},"seq":7})", true},
           Row{R"({"\u0073eq":7,"event":{}})", true},
           Row{R"({"seq":7,"event":{},"seq":8})", false},
           Row{R"({"seq":7,"event":{},"event":[]})", false},
           Row{R"({"seq":8,"event":{}})", false},
           Row{R"({"seq":"7","event":{}})", false},
           Row{R"({"seq":7.0,"event":{}})", false},
           Row{R"({"seq":7,"event":null})", false},
           Row{R"({"seq":7})", false},
           Row{R"({"event":{"seq":7,"event":{}}})", false},
           Row{R"([{"seq":7,"event":{}}])", false},
           Row{R"({"seq":7,"event":{}})"
               "x",
               false},
           Row{R"({"seq":7,"event":{"x":1e400}})", false},
           Row{R"({"seqx":7,"seq":7,"eventx":1,"event":{},"events":1})", true},
           Row{"{\"seq\":7,\"event\":{\"x\":\"\xff\"}}", false},
           Row{"", false},
       }) {
    EXPECT_EQ(is_envelope(text, 7), is) << text;
    EXPECT_EQ(parsed_is_envelope(text, 7), is) << text;
  }
  const auto nested = [](int levels) {
    return R"({"seq":7,"event":{"x":)" + std::string(levels, '[') + std::string(levels, ']') + "}}";
  };
  for (int levels = 20; levels < 40; ++levels)
    EXPECT_EQ(is_envelope(nested(levels), 7), parsed_is_envelope(nested(levels), 7)) << levels;
}

TEST(EnvelopeCheck, says_the_same_as_the_whole_parse_of_changed_texts) {
  const std::string sound =
      R"({"seq":7,"event":{"type":"t","data":{"a":[1,2.5,null,true,"\u00fc\n"],"n":-3}},"x":{"seq":1}})";
  const std::string letters = "{}[],:\"\\ 017.-eEsqvntu\xc3\x00";
  std::mt19937 chance(5);
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto text = sound;
    for (unsigned changes = 1 + chance() % 3; changes > 0; --changes) {
      const auto at = chance() % text.size();
      switch (chance() % 3) {
        case 0:
          text[at] = letters[chance() % letters.size()];
          break;
        case 1:
          text.erase(at, 1 + chance() % 3);
          break;
        default:
          text.insert(at, 1, letters[chance() % letters.size()]);
      }
    }
    const bool is = parsed_is_envelope(text, 7);
    ASSERT_EQ(is_envelope(text, 7), is) << text;
    taken += is ? 1 : 0;
  }
  EXPECT_GT(taken, 500) << "both answers occur";
}

}  // namespace
}  // namespace wye::events
