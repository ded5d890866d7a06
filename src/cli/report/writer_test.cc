#include "cli/report/writer.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <boost/json.hpp>
#include <regex>
#include <sstream>

#include "base/digest.h"
#include "base/encoding.h"
#include "cli/report/event_row.h"
#include "cli/report/pack.h"
#include "cli/report/page.h"
#include "wire/describe.h"

namespace wye::cli {
namespace {

namespace json = boost::json;

std::string unpack(std::string_view packed) {
  const auto bytes = base64_decode(packed).value();
  std::string out(64u << 20, '\0');
  auto size = static_cast<uLongf>(out.size());
  EXPECT_EQ(::uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                         reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()),
            Z_OK);
  out.resize(size);
  return out;
}

// Returns each text between `from` and the next `to`.
std::vector<std::string> all_between(const std::string& text, const std::string& from,
                                     const std::string& to) {
  std::vector<std::string> out;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    at += from.size();
    out.push_back(text.substr(at, text.find(to, at) - at));
  }
  return out;
}

struct Report {
  std::string html;
  std::vector<std::vector<std::string>> blocks;  // the events' lines
  std::vector<json::array> rows;
  json::object facts;
};

Report read(std::string html) {
  Report report{.html = std::move(html)};
  for (const auto& block :
       all_between(report.html, "<script type=\"wye/block\" data-events=\"", "</script>")) {
    const auto index = block.find('\n'), details = block.find('\n', index + 1);
    const auto rows = json::parse(unpack(block.substr(index + 1, details - index - 1)));
    for (const auto& row : rows.as_array()) report.rows.push_back(row.as_array());
    auto& lines = report.blocks.emplace_back();
    std::istringstream text(unpack(block.substr(details + 1, block.find('\n', details + 1) - details - 1)));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    EXPECT_EQ(block.substr(0, block.find('"')), std::to_string(lines.size()));
  }
  report.facts =
      json::parse(
          all_between(report.html, "<script type=\"application/json\" id=\"facts\">", "</script>").at(0))
          .as_object();
  return report;
}

TelemetryEnvelope event(std::int64_t seq, std::string text) {
  return {.seq = seq,
          .event = {.ts = seq * 1000,
                    .type = "console_log",
                    .category = "console",
                    .source = {.kind = "cdp"},
                    .data = json::object{{"text", std::move(text)}}}};
}

struct Written {
  std::string html;
  ReportWriter writer;
  explicit Written(ReportLimits limits = {})
      : writer(
            [this](std::string_view bytes) -> Result<void> {
              html += bytes;
              return {};
            },
            limits) {}
  Report finish() {
    EXPECT_TRUE(writer.finish({{"source", "</script><!--<script>"}}));
    return read(html);
  }
};

const std::vector<std::string> kHostile = {"</script><script>alert(1)</script>",
                                           "<!--<script>",
                                           "\xe2\x80\xa8\xe2\x80\xa9",
                                           "{{data}}{{script}}",
                                           "\\u003c",
                                           std::string("\0\x1f", 2),
                                           "]]>"};

TEST(ReportWriter, every_event_comes_back_as_it_was) {
  Written written;
  std::vector<std::string> given;
  for (std::int64_t seq = 1; seq <= 3000; ++seq) {
    const auto envelope =
        event(seq, kHostile[static_cast<std::size_t>(seq) % kHostile.size()] + std::to_string(seq * 7919));
    given.push_back(wire::to_text(envelope));
    ASSERT_TRUE(written.writer.add(envelope).value());
  }
  const auto report = written.finish();
  std::vector<std::string> lines;
  for (const auto& block : report.blocks) {
    EXPECT_LE(block.size(), kMaxBlockEvents);
    lines.insert(lines.end(), block.begin(), block.end());
  }
  EXPECT_EQ(lines, given);
  ASSERT_EQ(report.rows.size(), 3000);
  EXPECT_EQ(report.rows[41].at(0), 42);
  EXPECT_EQ(report.facts.at("events"), 3000);
  EXPECT_EQ(report.facts.at("types").as_array().size(), indexed_types().size());
}

TEST(ReportWriter, no_data_can_end_the_element_it_stands_in) {
  Written written;
  std::int64_t seq = 0;
  for (const auto& text : kHostile) ASSERT_TRUE(written.writer.add(event(++seq, text)).value());
  const auto report = written.finish();
  EXPECT_EQ(report.facts.at("source"), "</script><!--<script>");
  // Between the page's own start and end stand the writer's tags and no others.
  const auto parts = page_parts();
  auto data =
      report.html.substr(parts.head.size(), report.html.size() - parts.head.size() - parts.tail.size());
  const auto opened = all_between(data, "<", ">");
  EXPECT_EQ(opened.size(), 4);  // one block and the facts, each with its end
  EXPECT_EQ(data.find("<!"), std::string::npos);
}

TEST(ReportWriter, a_block_ends_before_it_grows_large) {
  Written written;
  for (std::int64_t seq = 1; seq <= 8; ++seq)
    ASSERT_TRUE(written.writer.add(event(seq, std::string(300'000, 'x'))).value());
  const auto report = written.finish();
  ASSERT_EQ(report.blocks.size(), 2);
  EXPECT_EQ(report.blocks[0].size(), 4);  // the fourth passes 1 MiB
}

TEST(ReportWriter, the_limit_of_events_is_kept_to_the_event) {
  Written written({.events = 5});
  for (std::int64_t seq = 1; seq <= 5; ++seq) EXPECT_TRUE(written.writer.add(event(seq, "x")).value());
  EXPECT_FALSE(written.writer.add(event(6, "x")).value());
  EXPECT_EQ(written.finish().rows.size(), 5);
}

TEST(ReportWriter, the_limit_of_bytes_is_passed_by_less_than_a_block) {
  Written written({.bytes = 400'000});
  std::int64_t seq = 0;
  while (written.writer.add(event(seq + 1, hex(sha256(std::to_string(seq)) + sha256(std::to_string(-seq)))))
             .value())
    ++seq;
  const auto packed = written.writer.bytes();
  EXPECT_GE(packed, 400'000);
  EXPECT_LE(packed, 400'000 + kMaxBlockBytes);
  EXPECT_EQ(written.finish().rows.size(), static_cast<std::size_t>(seq));
}

TEST(ReportWriter, a_screenshot_stands_apart_from_its_event) {
  Written written;
  const auto png = base64("\x89PNG\r\n\x1a\n" + std::string(30, 'p'));
  for (std::int64_t seq = 1; seq <= 2; ++seq)
    ASSERT_TRUE(written.writer
                    .add({.seq = seq,
                          .event = {.ts = seq,
                                    .type = "monitor_screenshot",
                                    .category = "screenshot",
                                    .data = json::object{{"png", png}}}})
                    .value());
  ASSERT_TRUE(written.writer
                  .add({.seq = 3,
                        .event = {.ts = 3,
                                  .type = "monitor_screenshot",
                                  .category = "screenshot",
                                  .data = json::object{{"png", "</script>"}}}})
                  .value());
  const auto report = written.finish();
  EXPECT_EQ(all_between(report.html, "data-picture=\"0\">", "</script>"), std::vector<std::string>{png});
  EXPECT_EQ(report.blocks[0][0].find(png), std::string::npos);
  EXPECT_NE(report.blocks[0][2].find("</script>"), std::string::npos);  // no picture, so it stays unchanged
  EXPECT_EQ(report.facts.at("pictures").at("kept"), 1);
}

TEST(ReportWriter, a_session_without_events_is_a_page_all_the_same) {
  Written written;
  const auto report = written.finish();
  EXPECT_TRUE(report.html.starts_with("<!doctype html>"));
  EXPECT_TRUE(report.html.ends_with("</html>\n"));
  EXPECT_EQ(report.facts.at("events"), 0);
}

TEST(ReportWriter, a_sink_that_fails_ends_it) {
  ReportWriter writer([](std::string_view) -> Result<void> { return Error{.code = "cannot_write"}; }, {});
  ASSERT_TRUE(writer.add(event(1, "x")));
  EXPECT_EQ(writer.finish({}).error().code, "cannot_write");
}

TEST(ReportPage, its_policy_names_exactly_its_script_and_its_style) {
  const auto parts = page_parts();
  const auto html = parts.head + parts.tail;
  const auto style = all_between(html, "<style>", "</style>"),
             script = all_between(html, "<script>", "</script>");
  ASSERT_EQ(style.size(), 1);
  ASSERT_EQ(script.size(), 1);
  const auto policy = all_between(html, "Content-Security-Policy\" content=\"", "\"").at(0);
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("script-src 'sha256-" + base64(sha256(script[0])) + "';"), std::string::npos);
  EXPECT_NE(policy.find("style-src 'sha256-" + base64(sha256(style[0])) + "';"), std::string::npos);
  for (const auto* loose : {"unsafe-inline", "unsafe-eval", "unsafe-hashes", "http:", "https:", "*"})
    EXPECT_EQ(policy.find(loose), std::string::npos) << loose;
  // Nothing that the policy must judge stands before the policy.
  EXPECT_LT(html.find("Content-Security-Policy"), html.find("<style>"));
  EXPECT_LT(html.find("Content-Security-Policy"), html.find("<link"));
}

TEST(ReportPage, its_script_has_no_way_from_text_to_markup_or_code) {
  const auto parts = page_parts();
  const auto script = all_between(parts.tail, "<script>", "</script>").at(0);
  for (const auto* way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser",
                          "createContextualFragment", "eval(", "new Function", "javascript:", "<!--",
                          "import(", ".href =", "window.open", "{{"})
    EXPECT_EQ(script.find(way), std::string::npos) << way;
  for (const auto* leftover : {"\nimport ", "\nexport "})
    EXPECT_EQ(script.find(leftover), std::string::npos) << leftover;
  EXPECT_EQ((parts.head + parts.tail).find("{{"), std::string::npos);
  const std::string page(kReportPage);
  EXPECT_FALSE(std::regex_search(page, std::regex("<[^>]* (on[a-z]+|style)=")));
}

TEST(Pack, script_safe_json_says_the_same) {
  for (const auto& text : kHostile) {
    const auto safe = script_safe(json::serialize(json::value(text)));
    EXPECT_EQ(safe.find('<'), std::string::npos);
    EXPECT_EQ(json::parse(safe), json::value(text));
  }
}

}  // namespace
}  // namespace wye::cli
