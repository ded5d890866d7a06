#include "sdk/retry.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace wye::sdk {
namespace {

enum class Body { none, whole, streamed };

struct Sent {
  const char* method;
  Body body;
  bool raw;
  Replay replay;
};

TEST(Replaying, method_body_and_raw_fetch_decide) {
  for (const auto& row : std::vector<Sent>{{"GET", Body::none, false, Replay::freely},
                                           {"GET", Body::whole, false, Replay::freely},
                                           {"HEAD", Body::none, false, Replay::freely},
                                           {"PUT", Body::whole, false, Replay::freely},
                                           {"DELETE", Body::none, false, Replay::freely},
                                           {"OPTIONS", Body::none, false, Replay::freely},
                                           {"TRACE", Body::none, false, Replay::freely},
                                           {"POST", Body::none, false, Replay::if_it_not_ran},
                                           {"POST", Body::whole, false, Replay::if_it_not_ran},
                                           {"PATCH", Body::whole, false, Replay::if_it_not_ran},
                                           {"CONNECT", Body::none, false, Replay::if_it_not_ran},
                                           // Methods are case-sensitive: these are others (RFC 9110 §9.1).
                                           {"get", Body::none, false, Replay::if_it_not_ran},
                                           {"Put", Body::whole, false, Replay::if_it_not_ran},
                                           {"GETX", Body::none, false, Replay::if_it_not_ran},
                                           {"", Body::none, false, Replay::if_it_not_ran},
                                           // What was pulled from a source is gone.
                                           {"GET", Body::streamed, false, Replay::never},
                                           {"PUT", Body::streamed, false, Replay::never},
                                           {"POST", Body::streamed, false, Replay::never},
                                           {"GET", Body::none, true, Replay::never},
                                           {"POST", Body::whole, true, Replay::never}}) {
    Request request{.method = row.method};
    if (row.body == Body::whole) request.body = "{}";
    if (row.body == Body::streamed) request.body_stream = [](std::span<char>) { return std::size_t{0}; };
    const wire::VmCall raw{.method = "*", .raw = true};
    EXPECT_EQ(replay_of(request, row.raw ? &raw : nullptr), row.replay)
        << row.method << (row.raw ? " raw" : "");
  }
}

TEST(Replaying, a_call_that_does_it_twice_is_no_matter_of_its_method) {
  for (const auto& [method, tail, replay] : std::vector<std::tuple<const char*, const char*, Replay>>{
           {"PUT", "fs/move", Replay::if_it_not_ran},
           {"DELETE", "playwright/executors/a", Replay::if_it_not_ran},
           {"POST", "process/exec", Replay::if_it_not_ran},
           {"PUT", "fs/delete_file", Replay::freely},
           {"GET", "process/p/status", Replay::freely}})
    EXPECT_EQ(replay_of({.method = method}, wire::vm_calls().find(method, tail).call), replay) << tail;
}

struct Answered {
  int status;
  HeaderFields headers;
  Again freely, if_it_not_ran;
};

TEST(Retry, after_an_answer) {
  constexpr auto no = Again::no, pause = Again::after_pause;
  const HeaderFields later{{"Retry-After", "1"}};
  for (const auto& row : std::vector<Answered>{
           {200, {}, no, no},
           {204, later, no, no},
           {200, {{"x-should-retry", "true"}}, no, no},
           {301, {}, no, no},
           {302, {{"x-should-retry", "true"}}, pause, no},
           {400, {}, no, no},
           {400, later, no, no},
           {400, {{"x-should-retry", "true"}}, pause, no},
           {401, {}, no, no},
           {403, later, no, no},
           {404, {}, no, no},
           {408, {}, pause, no},
           {408, later, pause, no},
           {409, {}, pause, no},
           {409, {{"x-should-retry", "false"}}, no, no},
           {422, {}, no, no},
           {429, {}, pause, no},
           {429, later, pause, pause},
           {500, {}, pause, no},
           {500, later, pause, no},
           {501, {}, pause, no},
           {501, {{"X-Should-Retry", "FALSE"}}, no, no},
           {502, later, pause, no},
           {503, {}, pause, no},
           {503, later, pause, pause},
           {503, {{"Retry-After", ""}}, pause, no},
           {503, {{"Retry-After", "nonsense"}}, pause, pause},
           {503, {{"Retry-After", "1"}, {"x-should-retry", "false"}}, no, no},
           {504, later, pause, no},
           {529, {}, pause, no},
           {529, later, pause, pause},
           {599, {}, pause, no},
           {503, {{"x-should-retry", "maybe"}}, pause, no},
           {418, {{"x-should-retry", "1"}}, no, no},
       }) {
    const auto text = std::to_string(row.status) + (row.headers.empty() ? "" : " " + row.headers[0].second);
    EXPECT_EQ(after_answer(Replay::freely, row.status, row.headers), row.freely) << text;
    EXPECT_EQ(after_answer(Replay::if_it_not_ran, row.status, row.headers), row.if_it_not_ran) << text;
    EXPECT_EQ(after_answer(Replay::never, row.status, row.headers), no) << text;
  }
}

struct Failed {
  ErrorKind kind;
  const char* code;
  Again freely, if_it_not_ran;
};

TEST(Retry, after_an_attempt_without_an_answer) {
  constexpr auto no = Again::no, pause = Again::after_pause, now = Again::at_once;
  for (const auto& row : std::vector<Failed>{
           {ErrorKind::disconnected, "connect_failed", pause, pause},
           {ErrorKind::disconnected, "connection_failed", pause, no},
           {ErrorKind::disconnected, "kept_connection_closed", now, no},
           {ErrorKind::disconnected, "body_cut", no, no},
           {ErrorKind::disconnected, "headers_too_large", no, no},
           {ErrorKind::disconnected, "", no, no},
           {ErrorKind::timed_out, "timed_out", no, no},
           {ErrorKind::timed_out, "connect_failed", no, no},
           {ErrorKind::cancelled, "cancelled", no, no},
           {ErrorKind::invalid, "bad_request", no, no},
           {ErrorKind::internal, "connection_failed", no, no},
           {ErrorKind::overloaded, "answer_too_large", no, no},
       }) {
    const Error error{.kind = row.kind, .code = row.code};
    EXPECT_EQ(after_error(Replay::freely, error), row.freely) << row.code;
    EXPECT_EQ(after_error(Replay::if_it_not_ran, error), row.if_it_not_ran) << row.code;
    EXPECT_EQ(after_error(Replay::never, error), no) << row.code;
  }
}

}  // namespace
}  // namespace wye::sdk
