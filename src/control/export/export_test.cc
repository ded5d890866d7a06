// The pure parts: what an event becomes, how that is written, what an answer means, and where we connect to.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <cstring>

#include "base/encoding.h"
#include "base/unique_fd.h"
#include "control/export/address_rule.h"
#include "control/export/delivery.h"
#include "control/export/event_mapping.h"

namespace wye::control::otlp {
namespace {

namespace json = boost::json;

const std::string kSession(24, 's');

events::Record record(std::int64_t seq, std::int64_t ts, const std::string& type, const std::string& data) {
  return {.seq = seq,
          .ts = ts,
          .category = "test",
          .type = type,
          .json = R"({"seq":)" + std::to_string(seq) + R"(,"event":{"ts":)" + std::to_string(ts) +
                  R"(,"type":")" + type +
                  R"(","category":"test","source":{"kind":"cdp","event":"A.b"},"data":)" + data + "}}"};
}

class Mapping : public ::testing::Test {
 protected:
  bool add(std::int64_t seq, std::int64_t ts, const std::string& type, const std::string& data) {
    return add_event(kSession, record(seq, ts, type, data), starts_, out_);
  }
  SpanStarts starts_;
  ResourceSignals out_;
};

TEST_F(Mapping, every_event_is_a_log_record_with_its_data) {
  ASSERT_TRUE(add(7, 1000, "console_log", R"({"level":"warning","text":"hm","args":["a",1,true,null]})"));
  ASSERT_EQ(out_.logs.size(), 1u);
  EXPECT_TRUE(out_.spans.empty());
  const auto& log = out_.logs[0];
  EXPECT_EQ(log.time, 1000);
  EXPECT_EQ(log.event_name, "console_log");
  EXPECT_EQ(log.severity, Severity::warn);
  EXPECT_EQ(log.trace_id.size(), 16u);
  EXPECT_EQ(log.span_id, "");
  EXPECT_EQ(log.body.at("args").as_array().size(), 4u);
  ASSERT_EQ(log.attributes.size(), 4u);
  EXPECT_EQ(log.attributes[0].key, "wye.seq");
  EXPECT_EQ(log.attributes[0].value, json::value(7));
  EXPECT_EQ(log.attributes[2].key, "wye.source.kind");
}

TEST_F(Mapping, a_request_and_its_response_are_a_span) {
  const std::string of = R"("target_id":"T","request_id":"9","method":"GET","url":"https://a.example/")";
  ASSERT_TRUE(add(1, 1'000'000, "network_request", "{" + of + "}"));
  ASSERT_TRUE(add(2, 1'000'500, "network_request", "{" + of + R"(,"is_redirect":true})"));
  ASSERT_TRUE(add(3, 1'250'000, "network_response", "{" + of + R"(,"status":503,"resource_type":"Fetch"})"));
  ASSERT_EQ(out_.spans.size(), 1u);
  const auto& span = out_.spans[0];
  EXPECT_EQ(span.name, "GET");
  EXPECT_EQ(span.kind, SpanKind::client);
  EXPECT_EQ(span.start, 1'000'000) << "redirects are part of it";
  EXPECT_EQ(span.end, 1'250'000);
  EXPECT_TRUE(span.failed);
  EXPECT_EQ(span.attributes[0].key, "url.full");
  EXPECT_EQ(span.span_id.size(), 8u);
  EXPECT_EQ(out_.logs[2].span_id, span.span_id) << "log and span find each other";
  EXPECT_EQ(out_.logs[2].trace_id, span.trace_id);
  EXPECT_EQ(span.parent_span_id, session_span({.id = kSession}).span_id);
}

TEST_F(Mapping, the_same_event_has_the_same_ids_when_it_is_mapped_again) {
  const std::string data = R"({"target_id":"T","loader_id":"L","url":"u"})";
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(add(1, 100, "page_navigation", data));
    ASSERT_TRUE(add(2, 900, "page_load", data));
  }
  ASSERT_EQ(out_.spans.size(), 2u);
  EXPECT_EQ(out_.spans[0].span_id, out_.spans[1].span_id);
  EXPECT_EQ(out_.spans[0].start, out_.spans[1].start);
}

TEST_F(Mapping, what_says_how_long_it_took_is_a_span) {
  ASSERT_TRUE(
      add(1, 5'000'000, "api_call", R"({"operation_id":"takeScreenshot","status":200,"duration_ms":38.5})"));
  ASSERT_TRUE(add(2, 6'000'000, "cdp_disconnect", R"({"duration_ms":1000,"reason":"client_close"})"));
  ASSERT_TRUE(add(3, 6'000'001, "monitor_reconnected", R"({"reconnect_duration_ms":1})"));
  ASSERT_EQ(out_.spans.size(), 3u);
  EXPECT_EQ(out_.spans[0].name, "takeScreenshot");
  EXPECT_EQ(out_.spans[0].start, 5'000'000 - 38'500);
  EXPECT_EQ(out_.spans[1].start, 5'000'000);
}

TEST_F(Mapping, an_end_without_a_known_beginning_is_a_log_record_alone) {
  ASSERT_TRUE(add(1, 5, "network_response", R"({"target_id":"T","request_id":"1","status":200})"));
  ASSERT_TRUE(add(2, 5, "page_load", "{}"));
  ASSERT_TRUE(add(3, 5, "api_call", R"({"operation_id":"x"})"));
  EXPECT_EQ(out_.logs.size(), 3u);
  EXPECT_TRUE(out_.spans.empty());
}

TEST_F(Mapping, beginnings_are_bounded_and_the_oldest_go) {
  for (std::size_t i = 0; i <= SpanStarts::kMost; ++i) starts_.note(std::to_string(i), 1);
  EXPECT_FALSE(starts_.of("0"));
  EXPECT_TRUE(starts_.of("1"));
  EXPECT_TRUE(starts_.of(std::to_string(SpanStarts::kMost)));
}

TEST_F(Mapping, hostile_data_is_no_reason_to_lose_the_event) {
  for (const auto* data :
       {R"({"status":"x","duration_ms":-5,"operation_id":{}})", R"({"duration_ms":1e300})", "[]", "null", "7",
        R"({"status":18446744073709551615,"duration_ms":18446744073709551615})"})
    EXPECT_TRUE(add(1, 10, "api_call", data)) << data;
  for (const auto& span : out_.spans) EXPECT_LE(span.start, span.end);
  for (const auto* text : {"", "{", "[]", R"({"seq":1})", R"({"seq":1,"event":4})"})
    EXPECT_FALSE(add_event(kSession, {.seq = 1, .ts = 1, .json = text}, starts_, out_)) << text;
}

TEST_F(Mapping, a_picture_is_not_exported) {
  ASSERT_TRUE(add(1, 1, "monitor_screenshot", R"({"png":"aGVsbG8="})"));
  EXPECT_EQ(out_.logs[0].body.at("png").as_string(), "[not exported]");
}

TEST_F(Mapping, what_lies_deeper_than_decoders_go_is_text) {
  std::string deep = "1";
  for (int i = 0; i < 20; ++i) deep = R"({"a":)" + deep + "}";
  ASSERT_TRUE(add(1, 1, "console_log", deep));
  const auto* at = &out_.logs[0].body;
  int levels = 0;
  for (; at->is_object(); ++levels) at = &at->at("a");
  EXPECT_EQ(levels, 16);
  EXPECT_EQ(at->as_string(), R"({"a":{"a":{"a":{"a":1}}}})");
}

ResourceSignals small() {
  LogRecord log{.time = 1,
                .severity = Severity::info,
                .event_name = "e",
                .body = json::value("b"),
                .trace_id = std::string(16, '\x01')};
  Span span{.trace_id = std::string(16, '\x01'),
            .span_id = std::string(8, '\x02'),
            .name = "n",
            .start = 1,
            .end = 2,
            .failed = true};
  return {.resource = {{"k", json::value(-1)}}, .logs = {log}, .spans = {span}};
}

TEST(Protobuf, log_records_are_these_bytes) {
  // Worked out by hand from opentelemetry/proto/logs/v1/logs.proto; decoded by others in tests/conformance.
  EXPECT_EQ(hex(logs_to_protobuf({small()})),
            "0a57"  // ResourceLogs
            "0a12"
            "0a10"
            "0a016b"
            "120b"
            "18ffffffffffffffffff01"  // Resource: k = -1
            "1241"
            "0a0f"
            "0a0d"
            "7779652e74656c656d65747279"  // ScopeLogs, scope
            "122e"
            "09e803000000000000"
            "1009"
            "2a03"
            "0a0162"  // LogRecord: time, severity, body
            "4a10"
            "01010101010101010101010101010101"
            "59e803000000000000"
            "620165");
}

TEST(Protobuf, nothing_is_an_empty_message) {
  EXPECT_EQ(logs_to_protobuf({}), "");
  EXPECT_EQ(traces_to_protobuf({{.resource = {{"k", json::value(1)}}}}), "");
}

TEST(OtlpJson, is_spelled_as_the_mapping_says) {
  EXPECT_EQ(json::parse(logs_to_json({small()})), json::parse(R"({"resourceLogs":[{
    "resource":{"attributes":[{"key":"k","value":{"intValue":"-1"}}]},
    "scopeLogs":[{"scope":{"name":"wye.telemetry"},"logRecords":[{"timeUnixNano":"1000","observedTimeUnixNano":"1000",
      "severityNumber":9,"eventName":"e","body":{"stringValue":"b"},"attributes":[],
      "traceId":"01010101010101010101010101010101"}]}]}]})"));
  const auto span = json::parse(traces_to_json({small()}))
                        .at("resourceSpans")
                        .at(0)
                        .at("scopeSpans")
                        .at(0)
                        .at("spans")
                        .at(0);
  EXPECT_EQ(span.at("spanId").as_string(), "0202020202020202");
  EXPECT_EQ(span.at("status").at("code"), json::value(2));
}

TEST(Delivery, statuses_mean_what_otlp_says) {
  using Outcome = Delivery::Outcome;
  for (const int status : {200, 202, 204}) EXPECT_EQ(outcome_of_status(status), Outcome::accepted) << status;
  for (const int status : {429, 502, 503, 504})
    EXPECT_EQ(outcome_of_status(status), Outcome::again) << status;
  for (const int status : {301, 307, 400, 401, 404, 413, 500, 501})
    EXPECT_EQ(outcome_of_status(status), Outcome::refused) << status;
}

TEST(Delivery, a_pause_is_asked_for_in_seconds_or_as_a_date_and_bounded) {
  using std::chrono::milliseconds;
  constexpr std::int64_t kNow = 1'790'847'000'000'000;
  EXPECT_EQ(asked_pause("7", kNow), milliseconds(7000));
  EXPECT_EQ(asked_pause("Thu, 01 Oct 2026 08:10:10 GMT", 1'790'842'200'000'000), milliseconds(10'000));
  EXPECT_EQ(asked_pause("Thu, 01 Jan 1970 00:00:10 GMT", kNow), milliseconds(0));
  EXPECT_EQ(asked_pause("99999999999", kNow), milliseconds(kLongestPause));
  EXPECT_EQ(asked_pause("-5", kNow), milliseconds(0));
  for (const auto* none : {"", "soon", "1e9"}) EXPECT_FALSE(asked_pause(none, kNow)) << none;
}

TEST(Delivery, rejected_records_are_read_and_nonsense_is_none) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(rejected_in_protobuf("\x0a\x07\x08\x03\x12\x03why"sv), 3);
  EXPECT_EQ(rejected_in_protobuf("\x2d....\x0a\x02\x08\x05"sv), 5) << "other fields are passed over";
  for (const auto bytes : {""sv, "\x0a"sv, "\x0a\x7f\x08\x03"sv, "\x0a\x02\x08\xff"sv,
                           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv,
                           "\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, "<html>"sv})
    EXPECT_EQ(rejected_in_protobuf(bytes), 0);
  EXPECT_EQ(rejected_in_json(R"({"partialSuccess":{"rejectedLogRecords":"4","errorMessage":"x"}})"), 4);
  EXPECT_EQ(rejected_in_json(R"({"partialSuccess":{"rejectedSpans":2}})"), 2);
  for (const auto* text :
       {"", "{", "{}", "[]", R"({"partialSuccess":[]})", R"({"partialSuccess":{"rejectedSpans":"-2"}})"})
    EXPECT_EQ(rejected_in_json(text), 0) << text;
}

TEST(AddressRule, public_always_private_where_allowed_and_link_local_never) {
  struct Row {
    const char* address;
    bool usually, where_private;
  };
  for (const auto& [address, usually, where_private] : {Row{"93.184.216.34", true, true},
                                                        Row{"127.0.0.1", false, true},
                                                        Row{"10.1.2.3", false, true},
                                                        Row{"172.16.0.1", false, true},
                                                        Row{"172.32.0.1", true, true},
                                                        Row{"192.168.1.1", false, true},
                                                        Row{"100.64.0.1", false, true},
                                                        Row{"169.254.169.254", false, false},
                                                        Row{"168.63.129.16", false, false},
                                                        Row{"100.100.100.200", false, false},
                                                        Row{"192.0.0.192", false, false},
                                                        Row{"203.0.113.7", false, false},
                                                        Row{"198.18.0.1", false, true},
                                                        Row{"::ffff:168.63.129.16", false, false},
                                                        Row{"64:ff9b::a83f:8110", false, false},
                                                        Row{"64:ff9b:1::5db8:d822", false, false},
                                                        Row{"fd00:ec2::254", false, false},
                                                        Row{"fec0::1", false, false},
                                                        Row{"2001:db8::1", false, false},
                                                        Row{"2001::1", false, false},
                                                        Row{"0.0.0.0", false, false},
                                                        Row{"224.0.0.1", false, false},
                                                        Row{"255.255.255.255", false, false},
                                                        Row{"::1", false, true},
                                                        Row{"::", false, false},
                                                        Row{"fd00::1", false, true},
                                                        Row{"fe80::1", false, false},
                                                        Row{"ff02::1", false, false},
                                                        Row{"2001:4860:4860::8888", true, true},
                                                        Row{"2002:7f00:1::", false, false},
                                                        Row{"::ffff:127.0.0.1", false, true},
                                                        Row{"::ffff:169.254.169.254", false, false},
                                                        Row{"64:ff9b::a00:1", false, true},
                                                        Row{"64:ff9b::5db8:d822", true, true}}) {
    EXPECT_EQ(may_export_to(std::string(address), false), usually) << address;
    EXPECT_EQ(may_export_to(std::string(address), true), where_private) << address;
  }
  EXPECT_TRUE(may_export_to(std::string("localhost"), false)) << "a name is judged by what it leads to";
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_FALSE(may_export_to(reinterpret_cast<const sockaddr&>(loopback), false));
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(may_export_to(local, true));
}

// Runs in a network namespace of its own: the addresses of this machine's interfaces are this machine, public
// or not.
TEST(AddressRule, a_public_address_of_this_machine_is_private_from_the_moment_it_appears) {
  const UniqueFd before(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs root";
  for (const std::string address : {"93.184.216.77", "2001:4860::77"}) {
    const bool v6 = address.find(':') != std::string::npos;
    EXPECT_TRUE(may_export_to(address, false)) << address;
    const auto add = "ip addr add " + address + (v6 ? "/128 dev lo nodad" : "/32 dev lo");
    ASSERT_EQ(std::system(add.c_str()), 0);
    EXPECT_FALSE(may_export_to(address, false)) << address;
    EXPECT_TRUE(may_export_to(address, true)) << address;
  }
  EXPECT_FALSE(may_export_to(std::string("::ffff:93.184.216.77"), false));
  EXPECT_EQ(::setns(before.get(), CLONE_NEWNET), 0);
}

}  // namespace
}  // namespace wye::control::otlp
