#include "vm/process/process_request.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace wye::vm {
namespace {

const VmUsers kUsers{.uid = 1000, .gid = 1000, .home = "/home/kernel"};

TEST(ProcessRequest, what_is_wrong_is_refused) {
  for (const auto* body :
       {"", "{}", "[]", R"({"command":""})", R"({"command":"a\u0000b"})", R"({"command":1})",
        R"({"command":"a","args":["\u0000"]})", R"({"command":"a","cwd":"relative"})",
        R"({"command":"a","env":{"":"x"}})", R"({"command":"a","env":{"A=B":"x"}})",
        R"({"command":"a","env":{"A":"\u0000"}})", R"({"command":"a","timeout_sec":0})",
        R"({"command":"a","as_user":"root","as_root":true})", R"({"command":"a","as_user":"nobody-here"})",
        R"({"command":"a","as_user":"70000"})", R"({"command":"a","as_user":"1:x"})"}) {
    EXPECT_EQ(read_exec(kUsers, body).error().kind, ErrorKind::invalid) << body;
    EXPECT_EQ(read_spawn(kUsers, body).error().kind, ErrorKind::invalid) << body;
  }
  for (const auto* body : {R"({"command":"a","rows":0})", R"({"command":"a","cols":65536})"})
    EXPECT_FALSE(read_spawn(kUsers, body)) << body;
}

TEST(ProcessRequest, users_are_names_and_numbers) {
  const auto user = [](const std::string& more) {
    return read_exec(kUsers, R"({"command":"a")" + more + "}").value().spec.user;
  };
  EXPECT_EQ(user("").uid, 1000u);
  EXPECT_EQ(user(R"(,"as_root":true)").uid, 0u);
  EXPECT_EQ(user(R"(,"as_user":"0")").uid, 0u);
  EXPECT_EQ(user(R"(,"as_user":"12:34")").gid, 34u);
  EXPECT_EQ(user(R"(,"as_user":null,"cwd":null,"timeout_sec":null)").home, "/home/kernel");
}

TEST(ProcessRequest, the_other_bodies) {
  EXPECT_EQ(read_stdin(R"({"data_b64":"aGk="})").value(), "hi");
  EXPECT_FALSE(read_stdin(R"({"data_b64":"!"})"));
  EXPECT_FALSE(read_stdin("{}"));
  EXPECT_EQ(read_kill(R"({"signal":"INT"})").value(), SIGINT);
  EXPECT_FALSE(read_kill(R"({"signal":"STOP"})"));
  EXPECT_EQ(read_resize(R"({"rows":1,"cols":65535})").value().columns, 65535);
  EXPECT_FALSE(read_resize(R"({"rows":1})"));
  EXPECT_EQ(read_attach_message(R"({"type":"resize","rows":7,"cols":9})").value()->rows, 7);
  EXPECT_EQ(read_attach_message(R"({"type":"theme"})").value(), std::nullopt);
  for (const auto* bad :
       {R"({"type":"resize","rows":7})", R"({"type":"resize","rows":0,"cols":1})", R"({"type":7})", "7", ""})
    EXPECT_FALSE(read_attach_message(bad)) << bad;
  EXPECT_TRUE(is_uuid("01234567-89ab-4def-8123-456789abcdef"));
  EXPECT_FALSE(is_uuid("01234567-89ab-4def-8123-456789abcdeg"));
}

}  // namespace
}  // namespace wye::vm
