#include "vm/cdp/cdp_message.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "wire/json_codec.h"

namespace wye::vm {
namespace {

namespace json = boost::json;

TEST(CdpHead, is_read_from_the_ends_of_the_text) {
  struct Row {
    const char* text;
    std::int64_t id;
    const char* method;
    const char* session;
  };
  for (const auto& row : {
           Row{R"({"method":"A.b","params":{},"sessionId":"S1"})", 0, "A.b", "S1"},
           Row{R"({"method":"A.b","params":{}})", 0, "A.b", ""},
           Row{R"({"id":7,"result":{},"sessionId":"S2"})", 7, "", "S2"},
           Row{R"({"id":7,"result":{}})", 7, "", ""},
           Row{R"({"id":9,"error":{"code":-1,"message":"\"sessionId\":\"no\"}"}})", 9, "", ""},
           Row{R"({"method":"A.b","params":{"x":"\",\"sessionId\":\"forged\""},"sessionId":"real"})", 0,
               "A.b", "real"},
           Row{R"({"method":"A.b","params":{"sessionId":"inner"}})", 0, "A.b", ""},
       }) {
    const auto head = read_cdp_head(row.text);
    ASSERT_TRUE(head) << row.text;
    EXPECT_EQ(head->id, row.id) << row.text;
    EXPECT_EQ(head->method, row.method) << row.text;
    EXPECT_EQ(head->session, row.session) << row.text;
  }
}

TEST(CdpHead, of_another_order_is_not_guessed) {
  for (const auto* text : {"", "{", "{}", R"({"params":{},"method":"A.b"})", R"({"id":"7"})", R"({"id":7)",
                           R"({"method":"A\u0042"})", R"({"method":"A.b","params":"x"})", "[1]", "null"})
    EXPECT_FALSE(read_cdp_head(text)) << text;
}

TEST(CdpText, keeps_pairs_and_replaces_what_is_alone) {
  struct Row {
    const char* in;
    const char* out;
  };
  for (const auto& row : {
           Row{R"("\ud83d\ude00")", "😀"},
           Row{R"("a\ud800b")", "a\uFFFDb"},
           Row{R"("\udc00\ud800")", "\uFFFD\uFFFD"},
           Row{R"("\ud800\ud83d\ude00")", "\uFFFD😀"},
           Row{R"("\\ud800")", R"(\ud800)"},
           Row{R"("\\\ud800")", "\\\uFFFD"},
           Row{"\"\xff\xc3(\"", "\uFFFD\uFFFD("},
           Row{"\"\xed\xa0\x80\"", "\uFFFD\uFFFD\uFFFD"},
       }) {
    const auto read = parse_cdp(row.in, Strings::whole);
    ASSERT_TRUE(read) << row.in;
    EXPECT_EQ(std::string(read->as_string()), row.out) << row.in;
  }
}

TEST(CdpText, that_is_no_json_is_an_error) {
  for (const auto* text : {"", "{", "{\"a\":}", "\"\\", "{\"a\":1} x", "\"\\ud8"})
    EXPECT_FALSE(parse_cdp(text, Strings::cut)) << text;
}

TEST(CdpText, strings_of_events_are_cut_at_a_character_and_those_of_answers_are_not) {
  const std::string megabyte(1 << 20, 'x');
  const auto text = R"({"long":")" + megabyte + R"(","exact":")" + std::string(8192, 'y') + R"(","wide":"a)" +
                    [] {
                      std::string out;
                      for (int i = 0; i < 5000; ++i) out += "é";
                      return out;
                    }() +
                    R"(","escaped":")" +
                    [] {
                      std::string out;
                      for (int i = 0; i < 5000; ++i) out += "\\u00e9";
                      return out;
                    }() +
                    "\",\"after\":[1,\"short\"]}";
  const auto cut = parse_cdp(text, Strings::cut).value();
  const auto at = [&](const char* key) { return std::string(cut.as_object().at(key).as_string()); };
  EXPECT_EQ(at("long"), std::string(8192, 'x') + "...[truncated]");
  EXPECT_EQ(at("exact"), std::string(8192, 'y'));
  EXPECT_EQ(at("wide").size(), 8191 + 14) << "a character is not split";
  EXPECT_TRUE(is_utf8(at("wide")));
  EXPECT_EQ(at("escaped").size(), 8192 + 14);
  EXPECT_TRUE(is_utf8(at("escaped")));
  EXPECT_EQ(json::serialize(cut.as_object().at("after")), R"([1,"short"])");
  EXPECT_EQ(parse_cdp(text, Strings::whole).value().as_object().at("long").as_string().size(), 1u << 20);
}

TEST(CdpEventParameters, are_parsed_once_and_only_when_asked_for) {
  const std::string text = R"({"method":"A.b","params":{"n":1},"sessionId":"S"})";
  CdpEvent event(*read_cdp_head(text), text);
  EXPECT_EQ(event.method(), "A.b");
  EXPECT_FALSE(event.is_unreadable());
  EXPECT_EQ(&event.params(), &event.params());
  EXPECT_EQ(event.params().at("n").as_int64(), 1);
  const std::string broken = R"({"method":"A.b","params":{"n":},"sessionId":"S"})";
  CdpEvent unreadable(*read_cdp_head(broken), broken);
  EXPECT_FALSE(unreadable.is_unreadable()) << "nobody asked yet";
  EXPECT_TRUE(unreadable.params().empty());
  EXPECT_TRUE(unreadable.is_unreadable());
}

TEST(CdpText, of_seeded_noise_is_read_or_refused_but_what_is_read_can_be_written) {
  std::uint32_t seed = 20261125;
  const auto next = [&] { return seed = seed * 1664525u + 1013904223u; };
  const std::string words[] = {"{", "}", "[", "]",  "\"",   "\\u",  "d800", "dc00", "\\",
                               ",", ":", "1", "e9", "\xff", "\xc3", "é",    "null", "\"a\""};
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 == 0 ? "\"" : "{\"a\":[";
    for (auto count = next() % 12; count > 0; --count) text += words[(next() >> 8) % std::size(words)];
    text += round % 2 == 0 ? "\"" : "]}";
    const auto value = parse_cdp(text, Strings::cut);
    if (!value) continue;
    ++read;
    EXPECT_TRUE(wire::parse_json(json::serialize(*value))) << text;
  }
  EXPECT_GT(read, 1000);
}

}  // namespace
}  // namespace wye::vm
