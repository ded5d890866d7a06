#include "wire/vm_calls.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "wire/testing/sample_tail.h"

namespace wye::wire {
namespace {

using testing::sample_tails;

TEST(VmCalls, every_row_is_found_by_its_method_and_tail) {
  for (const auto& row : vm_calls().rows())
    for (const auto& tail : sample_tails(row)) {
      const auto method = row.method == "*" ? std::string_view("REPORT") : row.method;
      EXPECT_EQ(vm_calls().find(method, tail).call, &row) << row.method << " " << tail;
      if (row.method == "GET") {
        EXPECT_EQ(vm_calls().find("HEAD", tail).call, &row) << tail;
      }
    }
}

TEST(VmCalls, every_row_is_well_formed) {
  std::set<std::string_view> operations, tails;
  std::string_view last;
  for (const auto& row : vm_calls().rows()) {
    EXPECT_TRUE(operations.insert(row.operation).second) << row.operation << " is two calls";
    EXPECT_EQ(vm_calls().named(row.operation), &row);
    const bool first_of_tail = row.tail == last || tails.insert(row.tail).second;
    EXPECT_TRUE(first_of_tail) << row.tail << ": its rows stand apart";
    last = row.tail;
    EXPECT_FALSE(row.tail.starts_with('/') || row.tail.ends_with('/') || row.tail.starts_with('{'))
        << row.tail;
    EXPECT_GE(row.tail.find("**"), row.tail.size() - 2) << row.tail << ": ** is the last segment";
    EXPECT_TRUE(row.method == "GET" || !(row.falls_back || row.archived)) << row.tail;
    if (!row.direct.empty()) {
      EXPECT_TRUE(row.reach == Reach::anywhere || row.reach == Reach::base_url) << row.tail;
      EXPECT_TRUE(row.tail.starts_with(row.direct)) << row.tail;
    }
  }
}

TEST(VmCalls, a_tail_that_does_not_take_the_method_is_told_from_one_that_is_none) {
  for (const char* method : {"", "get", "POST", "DELETE", "OPTIONS"}) {
    const auto found = vm_calls().find(method, "telemetry/stream");
    EXPECT_EQ(found.call, nullptr) << method;
    EXPECT_NE(found.other, nullptr) << method;
  }
  EXPECT_EQ(vm_calls().methods_of("telemetry"), "GET, HEAD, PUT, PATCH");
  EXPECT_EQ(vm_calls().methods_of("fs/watch/x"), "DELETE");
  EXPECT_EQ(vm_calls().methods_of("nothing"), "");
  EXPECT_TRUE(vm_calls().find("POST", "telemetry/events").in_registry) << "the tail is what is registered";
  EXPECT_FALSE(vm_calls().find("GET", "telemetry").in_registry);
}

TEST(VmCalls, whoever_asks_for_something_else_finds_nothing) {
  std::string deep = "process";
  for (int i = 0; i < 10'000; ++i) deep += "/x";
  for (const std::string& tail : {std::string(),
                                  std::string("/"),
                                  std::string("//"),
                                  std::string("telemetry/"),
                                  std::string("/telemetry"),
                                  std::string("telemetry//events"),
                                  std::string("telemetry/events/x"),
                                  std::string("telemetry%2Fevents"),
                                  std::string("Telemetry"),
                                  std::string("process//status"),
                                  std::string("process/x/status/"),
                                  std::string("process/../exec"),
                                  std::string("fs/./move"),
                                  std::string("fs/watch//events"),
                                  std::string("{}"),
                                  std::string("process/{}"),
                                  std::string("curl/raw/**"),
                                  std::string("telemetry\0", 10),
                                  std::string(1 << 20, 'a'),
                                  std::string(1 << 20, '/'),
                                  deep,
                                  deep + "/status"})
    EXPECT_EQ(vm_calls().find("GET", tail).other, nullptr) << tail.substr(0, 40);
}

TEST(VmCalls, a_wildcard_is_one_segment_and_a_rest_is_any_number) {
  EXPECT_EQ(vm_calls().find("GET", "process/%2F..%00/status").call->operation, "processStatus");
  EXPECT_EQ(vm_calls().find("GET", "process/a/b/status").other, nullptr);
  for (const char* tail : {"browser/cdp", "browser/cdp/devtools/page/X", "browser/cdp/a/b/c/d/e/f/g"})
    EXPECT_EQ(vm_calls().find("GET", tail).call->operation, "cdpSocket") << tail;
}

TEST(VmCalls, the_first_row_that_fits_decides) {
  const std::array rows{
      VmCall{.method = "GET", .tail = "a/{}", .operation = "one"},
      VmCall{.method = "POST", .tail = "a/b", .operation = "covered"},
      VmCall{.method = "GET", .tail = "c/d", .operation = "before"},
      VmCall{.method = "POST", .tail = "c/**", .operation = "rest"},
      VmCall{.method = "GET", .tail = "c/{}/e", .operation = "covered too"},
      VmCall{.method = "*", .tail = "f/**", .operation = "whole"},
  };
  const VmCalls calls(rows);
  EXPECT_EQ(calls.find("POST", "a/b").call, nullptr);
  EXPECT_EQ(calls.find("POST", "a/b").other, &rows[0]);
  EXPECT_EQ(calls.find("GET", "c/d").call, &rows[2]);
  EXPECT_EQ(calls.find("POST", "c/d").call, nullptr) << "its tail is another row's";
  EXPECT_EQ(calls.find("GET", "c/x/e").other, &rows[3]);
  for (const char* tail : {"f", "f/x", "f/x/y"}) EXPECT_EQ(calls.find("PUT", tail).call, &rows[5]) << tail;
  for (const char* tail : {"ff", "fx/y", "a", "a/b/c", "c/", "cd"})
    EXPECT_EQ(calls.find("GET", tail).other, nullptr) << tail;
}

TEST(VmCalls, as_many_rows_as_there_may_be_are_all_found) {
  std::vector<std::string> tails;  // of the same length and the same ends: most of them share a slot
  for (std::size_t i = 0; i < VmCalls::kMaxRows; ++i)
    tails.push_back("s/" + std::to_string(1000 + i) + "/end");
  std::vector<VmCall> rows;
  for (const auto& tail : tails) rows.push_back({.method = "GET", .tail = tail, .operation = tail});
  const VmCalls calls(rows);
  for (const auto& row : rows) EXPECT_EQ(calls.find("GET", row.tail).call, &row) << row.tail;
  EXPECT_EQ(calls.find("GET", "s/9999/end").other, nullptr);
}

TEST(VmCalls, the_raw_fetch_is_one_call) {
  for (const auto& row : vm_calls().rows()) EXPECT_EQ(row.raw, row.tail == kRawFetch) << row.tail;
  EXPECT_NE(vm_calls().find("POST", kRawFetch).call, nullptr);
}

TEST(VmCalls, the_reference_shows_every_row) {
  const auto text = vm_calls_reference();
  for (const auto& row : vm_calls().rows())
    EXPECT_NE(text.find(std::string(row.tail) + "`"), text.npos) << row.tail;
}

}  // namespace
}  // namespace wye::wire
