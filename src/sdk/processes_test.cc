// The calls about processes: what they send, and what they make of answers, of hostile ones too.
#include <boost/json/parse.hpp>

#include "sdk/testing/sdk_fixture.h"
#include "wye/browser_processes.h"

namespace wye {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::Play;
using testing::SeenRequest;

class ProcessCalls : public testing::SdkTest {
 protected:
  ProcessCalls() { options_.max_retries = 0; }
  Processes processes() { return client().browsers().process(); }
  void play(int status, const std::string& body) {
    script_ = [status, body](const SeenRequest&) { return answer(status, body); };
  }
  [[nodiscard]] boost::json::value sent() const { return boost::json::parse(server_.last_seen().body); }
  [[nodiscard]] std::string line() const { return server_.last_seen().line; }
  EventStream<ProcessOutput> output(const std::string& events) {
    script_ = [events](const SeenRequest&) {
      return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + events};
    };
    return processes().output("b", "p").value();
  }
};

TEST_F(ProcessCalls, exec_sends_what_was_set_and_gives_bytes) {
  play(200, R"({"exit_code":3,"stdout_b64":"AP8K","stderr_b64":"","duration_ms":12,"truncated":true})");
  const auto done = processes().exec("a b", {.command = "sh", .args = {"-c", "x"}, .env = {{"A", "b"}}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->exit_code, 3);
  EXPECT_EQ(done->output, std::string("\0\xff\n", 3));
  EXPECT_EQ(done->errors, "");
  EXPECT_EQ(done->duration_ms, 12);
  EXPECT_TRUE(done->truncated);
  EXPECT_EQ(done->route().via, Via::control_plane);
  EXPECT_EQ(line(), "POST /browsers/a%20b/process/exec HTTP/1.1");
  EXPECT_EQ(sent(), boost::json::parse(R"({"command":"sh","args":["-c","x"],"env":{"A":"b"}})"));
}

TEST_F(ProcessCalls, exec_waits_longer_than_its_command_may_run) {
  script_ = [this](const SeenRequest&) {
    clock_->advance(100s);  // after an attempt, no second one when its time is over
    return answer(503, R"({"code":"upstream_unavailable","message":"m"})", "Retry-After: 1\r\n");
  };
  const auto attempts = [this](const ExecRequest& request, CallOptions call) {
    const auto before = asked();
    EXPECT_FALSE(processes().exec("b", request, call));
    return asked() - before;
  };
  EXPECT_EQ(attempts({.command = "x"}, {.max_retries = 1}), 1u) << "the client's minute";
  EXPECT_EQ(attempts({.command = "x", .timeout_sec = 5}, {.max_retries = 1}), 1u);
  EXPECT_EQ(attempts({.command = "x", .timeout_sec = 90}, {.max_retries = 1}), 2u) << "90 s and 15 more";
  EXPECT_EQ(attempts({.command = "x", .timeout_sec = 90}, {.timeout = 60s, .max_retries = 1}), 1u);
  EXPECT_EQ(attempts({.command = "x", .timeout_sec = INT64_MAX}, {.max_retries = 1}), 2u);
}

TEST_F(ProcessCalls, a_command_that_may_have_run_is_not_sent_again) {
  options_.max_retries = 2;
  script_ = [](const SeenRequest&) { return Play{.bytes = "", .reset = true}; };
  EXPECT_EQ(processes().exec("b", {.command = "x"}).error().kind, ErrorKind::disconnected);
  EXPECT_EQ(processes().spawn("b", {.command = "x"}).error().kind, ErrorKind::disconnected);
  EXPECT_EQ(processes().write_stdin("b", "p", "x").error().kind, ErrorKind::disconnected);
  EXPECT_EQ(asked(), 3u);
}

TEST_F(ProcessCalls, errors_of_the_vm_keep_their_code) {
  play(500, R"({"code":"process_timed_out","message":"process timed out"})");
  const auto late = processes().exec("b", {.command = "x", .timeout_sec = 1});
  EXPECT_EQ(late.error().code, "process_timed_out");
  play(404, R"({"code":"browser_gone","message":"browser not found"})");
  EXPECT_EQ(processes().status("b", "p").error().code, "browser_gone");
}

TEST_F(ProcessCalls, hostile_answers_are_named) {
  for (const auto* body :
       {"", "[]", "null", "{\"exit_code\":\"0\"}", R"({"exit_code":0,"stdout_b64":"%%"})",
        R"({"exit_code":0,"stderr_b64":"a"})", R"({"exit_code":1e300})", R"({"stdout_b64":7})"}) {
    play(200, body);
    EXPECT_EQ(processes().exec("b", {.command = "x"}).error().code, "bad_answer") << body;
  }
  for (const auto* body : {R"({"written_bytes":3})", R"({"written_bytes":-1})", R"({"written_bytes":"1"})"}) {
    play(200, body);
    EXPECT_EQ(processes().write_stdin("b", "p", "ab").error().code, "bad_answer") << body;
  }
}

TEST_F(ProcessCalls, a_spawned_process_is_asked_and_told_by_its_id) {
  play(200, R"({"process_id":"p-1","pid":7,"started_at":"2026-01-01T00:00:00Z"})");
  EXPECT_EQ(processes().spawn("b", {.command = "sh", .allocate_tty = true, .rows = 30})->process_id, "p-1");
  EXPECT_EQ(sent(),
            boost::json::parse(R"({"command":"sh","args":[],"env":{},"allocate_tty":true,"rows":30})"));
  play(200, R"({"state":"running","exit_code":null,"cpu_pct":1.5,"mem_bytes":4096})");
  const auto status = processes().status("b", "p/1").value();
  EXPECT_EQ(line(), "GET /browsers/b/process/p%2F1/status HTTP/1.1");
  EXPECT_EQ(status.state, "running");
  EXPECT_FALSE(status.exit_code);
  play(200, R"({"written_bytes":2})");
  EXPECT_EQ(processes().write_stdin("b", "p", "hi\n").value(), 2);
  EXPECT_EQ(sent(), boost::json::parse(R"({"data_b64":"aGkK"})"));
  play(200, R"({"ok":true})");
  for (const auto& [signal, word] :
       std::vector<std::pair<ProcessSignal, std::string>>{{ProcessSignal::terminate, "TERM"},
                                                          {ProcessSignal::kill, "KILL"},
                                                          {ProcessSignal::interrupt, "INT"},
                                                          {ProcessSignal::hang_up, "HUP"}}) {
    EXPECT_TRUE(processes().kill("b", "p", signal));
    EXPECT_EQ(sent().at("signal").as_string(), word);
  }
  EXPECT_TRUE(processes().resize("b", "p", {.rows = 50, .cols = 132}));
  EXPECT_EQ(sent(), boost::json::parse(R"({"rows":50,"cols":132})"));
}

TEST_F(ProcessCalls, an_id_that_leads_elsewhere_is_not_sent) {
  for (const auto* id : {"", ".", ".."}) {
    EXPECT_EQ(processes().status("b", id).error().kind, ErrorKind::invalid);
    EXPECT_EQ(processes().kill("b", id).error().kind, ErrorKind::invalid);
    EXPECT_EQ(processes().output("b", id).error().kind, ErrorKind::invalid);
    EXPECT_EQ(processes().exec(id, {.command = "x"}).error().kind, ErrorKind::invalid);
  }
  EXPECT_EQ(asked(), 0u);
}

TEST_F(ProcessCalls, output_is_bytes_of_both_streams_and_the_exit_ends_it) {
  auto stream = output(
      "data: {\"stream\":\"stdout\",\"data_b64\":\"b3V0\"}\n\n"
      "data: {\"stream\":\"stderr\",\"data_b64\":\"/w==\"}\n\n"
      "data: {\"event\":\"of a later version\"}\n\ndata: {\"stream\":\"stdother\"}\n\n"
      "data: {\"event\":\"exit\",\"exit_code\":-1}\n\n"
      "data: {\"stream\":\"stdout\",\"data_b64\":\"b3V0\"}\n\n");
  std::string seen;
  for (const auto& piece : stream)
    seen += piece->exit_code ? "exit " + std::to_string(*piece->exit_code)
                             : std::string(to_string(piece->stream)) + " " + piece->bytes + "; ";
  EXPECT_EQ(seen, "stdout out; stderr \xff; exit -1");
  EXPECT_FALSE(stream.next().value()) << "nothing comes behind the exit";
}

TEST_F(ProcessCalls, output_that_is_cut_off_is_not_the_end_of_the_process) {
  auto stream = output("data: {\"stream\":\"stdout\",\"data_b64\":\"b3V0\"}\n\n");
  EXPECT_EQ(stream.next().value()->bytes, "out");
  EXPECT_EQ(stream.next().error().code, "stream_ended");
}

TEST_F(ProcessCalls, hostile_output_is_named) {
  for (const auto* data : {"", "7", "[]", "{\"event\":\"exit\"}", "{\"event\":\"exit\",\"exit_code\":\"0\"}",
                           "{\"stream\":\"stdout\",\"data_b64\":\"*\"}", "{\"stream\":7}", "{"}) {
    auto stream = output("data: " + std::string(data) + "\n\n");
    EXPECT_EQ(stream.next().error().code, "bad_answer") << data;
  }
}

}  // namespace
}  // namespace wye
