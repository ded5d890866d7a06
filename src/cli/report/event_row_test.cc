#include "cli/report/event_row.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <sstream>

#include "wire/telemetry_types.h"

namespace wye::cli {
namespace {

namespace json = boost::json;

TelemetryEnvelope envelope(std::string type, std::string category, json::value data) {
  return {.seq = 7,
          .event = {
              .ts = 1000, .type = std::move(type), .category = std::move(category), .data = std::move(data)}};
}

json::object type_at(std::int64_t place) {
  return indexed_types().at(static_cast<std::size_t>(place)).as_object();
}

// Returns the row as `name: value`, as the page reads it.
json::object read(const TelemetryEnvelope& event, std::optional<std::int64_t> picture = {}) {
  const auto row = index_row(event, picture);
  const auto type = type_at(row.at(2).as_int64());
  json::object out{{"seq", row.at(0)}, {"ts", row.at(1)}, {"truncated", row.at(3)}};
  if (const auto* name = type.if_contains("name")) out["known"] = *name;
  const auto& fields = type.at("fields").as_array();
  EXPECT_EQ(row.size(), 4 + fields.size());
  for (std::size_t i = 0; i < fields.size() && 4 + i < row.size(); ++i)
    out[fields[i].as_string()] = row[4 + i];
  return out;
}

TEST(EventRow, a_known_type_keeps_what_lists_show) {
  const auto row = read(envelope("network_response", "network",
                                 {{"target_id", "T"},
                                  {"url", "https://a/"},
                                  {"request_id", "1.2"},
                                  {"status", 200},
                                  {"headers", json::object{{"Content-Length", "512"}}},
                                  {"body", "hello"}}));
  EXPECT_EQ(row.at("known"), "network_response");
  EXPECT_EQ(row.at("seq"), 7);
  EXPECT_EQ(row.at("url"), "https://a/");
  EXPECT_EQ(row.at("status"), 200);
  EXPECT_EQ(row.at("bytes"), 512);
  EXPECT_TRUE(row.at("mime_type").is_null());
  EXPECT_EQ(json::serialize(index_row(envelope("network_response", "network", {{"body", "hello"}}), {}))
                .find("hello"),
            std::string::npos);
}

TEST(EventRow, an_unknown_type_tells_its_name_and_a_piece_of_its_data) {
  const auto row = read(envelope("page_teleported", "page", {{"to", "mars"}}));
  EXPECT_FALSE(row.contains("known"));
  EXPECT_EQ(row.at("type"), "page_teleported");
  EXPECT_EQ(row.at("category"), "page");
  EXPECT_EQ(row.at("preview"), R"({"to":"mars"})");
}

TEST(EventRow, a_known_name_under_another_category_is_not_that_type) {
  EXPECT_FALSE(read(envelope("page_load", "network", json::object())).contains("known"));
}

TEST(EventRow, fields_of_another_type_are_null) {
  const auto row = read(envelope("network_response", "network",
                                 {{"status", "200"},
                                  {"url", 5},
                                  {"target_id", json::array{1}},
                                  {"headers", 3},
                                  {"body", json::object()}}));
  for (const auto* name : {"status", "url", "target_id", "bytes"})
    EXPECT_TRUE(row.at(name).is_null()) << name;
  EXPECT_TRUE(
      read(envelope("page_layout_shift", "page", {{"layout_shift_details", 7}})).at("value").is_null());
  EXPECT_TRUE(read(envelope("page_layout_shift", "page", nullptr)).at("value").is_null());
}

TEST(EventRow, text_is_cut_before_a_character) {
  const auto row =
      read(envelope("console_log", "console", {{"text", std::string(kMaxIndexedText - 1, 'a') + "€uro"}}));
  EXPECT_EQ(row.at("text").as_string(), std::string(kMaxIndexedText - 1, 'a'));
  EXPECT_EQ(read(envelope("console_log", "console", {{"text", std::string(kMaxIndexedText, 'b')}}))
                .at("text")
                .as_string()
                .size(),
            kMaxIndexedText);
}

TEST(EventRow, the_size_of_an_answer) {
  const auto size = [](json::value data) {
    return read(envelope("network_response", "network", std::move(data))).at("bytes");
  };
  EXPECT_EQ(size({{"encoded_data_length", 9}, {"headers", json::object{{"content-length", "5"}}}}), 9);
  EXPECT_EQ(size({{"headers", json::object{{"CONTENT-length", "5"}}}, {"body", "abc"}}), 5);
  EXPECT_EQ(size({{"headers", json::object{{"content-length", "-5"}}}, {"body", "abc"}}), 3);
  EXPECT_EQ(size({{"headers", json::object{{"content-length", "5, 5"}}}, {"body", "abc"}}), 3);
  EXPECT_TRUE(size({{"body", "abc...[truncated]"}}).is_null());
  EXPECT_TRUE(size(json::object()).is_null());
}

TEST(EventRow, where_a_message_came_from) {
  const auto from = [](json::value data) {
    return read(envelope("console_error", "console", std::move(data))).at("at");
  };
  const json::object frame{{"url", "https://a/x.js"}, {"lineNumber", 41}, {"columnNumber", 3}};
  EXPECT_EQ(from({{"stack_trace", json::object{{"callFrames", json::array{frame}}}}, {"source_url", "b"}}),
            "https://a/x.js:42");
  EXPECT_EQ(from({{"stack_trace", json::object{{"callFrames", json::array()}}},
                  {"source_url", "b.js"},
                  {"line", 3}}),
            "b.js:4");
  EXPECT_TRUE(from(json::object()).is_null());
}

TEST(EventRow, a_screenshot_tells_its_number) {
  EXPECT_EQ(
      read(envelope("monitor_screenshot", "screenshot", {{"png", "x"}, {"bytes", 3}}), 12).at("picture"), 12);
  EXPECT_TRUE(read(envelope("monitor_screenshot", "screenshot", {{"png", "x"}})).at("picture").is_null());
}

// Makes a value of a kind, as src/wire/telemetry_types.h names kinds.
json::value value_of_kind(std::string_view kind) {
  if (kind == "i") return 7;
  if (kind == "n") return 7.5;
  if (kind == "b") return true;
  if (kind == "Stack")
    return {{"callFrames", json::array{{{"url", "https://a/x.js"}, {"lineNumber", 1}, {"columnNumber", 2}}}}};
  if (kind == "o")  // holds every field that the page looks for
    return {{"content-length", "5"}, {"value", 0.5}, {"had_recent_input", false}, {"render_time", 1.5},
            {"load_time", 1.5},      {"size", 9.5},  {"element_id", "e"},         {"url", "u"}};
  return kind.ends_with("[]") ? json::value(json::array{"x"}) : json::value("text");
}

json::object data_of(const wire::TelemetryTypeInfo& type) {
  json::object data;
  std::string fields(type.fields);
  if (fields.starts_with("ctx")) fields.replace(0, 3, wire::kTelemetryContext);
  std::istringstream words(fields);
  for (std::string word; words >> word;) {
    const auto colon = word.find(':');
    const auto name = word.substr(0, word[colon - 1] == '*' ? colon - 1 : colon);
    data[name] = value_of_kind(std::string_view(word).substr(colon + 1));
  }
  return data;
}

TEST(EventRow, every_type_of_ours_is_known_and_the_page_asks_for_no_field_that_it_has_not) {
  for (const auto& type : wire::telemetry_types()) {
    auto data = data_of(type);
    if (type.type == "monitor_screenshot") data["bytes"] = 3;  // the writer's own
    const auto row = read(envelope(std::string(type.type), std::string(type.category), data), 1);
    ASSERT_TRUE(row.contains("known")) << type.type;
    for (const auto& [name, value] : row) EXPECT_FALSE(value.is_null()) << type.type << '.' << name;
  }
  EXPECT_EQ(indexed_types().size(), wire::telemetry_types().size() + 1);
}

json::value any_value(std::mt19937& random, int depth) {
  switch (depth == 0 ? 7 : random() % (depth > 3 ? 5 : 8)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<std::int64_t>(random()) - (1 << 30);
    case 3:
      return static_cast<double>(random()) * 1e300;
    case 4:
      return json::string(std::string(random() % 700, random() % 2 == 0 ? '<' : 'z'));
    case 5: {
      json::array out;
      for (auto n = random() % 3; n > 0; --n) out.push_back(any_value(random, depth + 1));
      return out;
    }
    default: {
      static const char* const kNames[] = {
          "url",   "status",      "headers",    "content-length", "layout_shift_details",
          "value", "stack_trace", "callFrames", "body",           "png",
          "text"};
      json::object out;
      for (auto n = random() % 8; n > 0; --n)
        out[kNames[random() % std::size(kNames)]] = any_value(random, depth + 1);
      return out;
    }
  }
}

TEST(EventRow, whatever_the_data_each_field_has_its_place_and_is_small) {
  std::mt19937 random(20261001);
  const auto types = indexed_types();
  for (int round = 0; round < 2000; ++round) {
    const auto& type = types.at(1 + random() % (types.size() - 1)).as_object();
    const auto row = index_row(envelope(std::string(type.at("name").as_string()),
                                        std::string(type.at("category").as_string()), any_value(random, 0)),
                               {});
    ASSERT_EQ(row.size(), 4 + type.at("fields").as_array().size());
    for (const auto& value : row) {
      ASSERT_FALSE(value.is_structured());
      if (value.is_string()) {
        ASSERT_LE(value.get_string().size(), kMaxIndexedText + 24);
      }
    }
  }
}

}  // namespace
}  // namespace wye::cli
