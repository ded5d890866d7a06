// Clients that are attached to real processes behind the agent's real server, outside of a VM.
#include "vm/process/attach.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <future>
#include <thread>

#include "net/http_server.h"
#include "net/testing/raw_connection.h"
#include "vm/process/process_calls.h"

namespace wye::vm {
namespace {

using net::testing::RawConnection;
using namespace std::string_literals;

constexpr std::string_view kUpgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string frame(unsigned char first, std::string_view payload) {
  constexpr std::string_view kMask = "mask";
  std::string out(1, static_cast<char>(first));
  const auto size = payload.size();
  out += static_cast<char>(0x80 | (size < 126 ? size : 127));
  for (int i = size < 126 ? -1 : 7; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xff);
  out += kMask;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out;
}
std::string keys(std::string_view text) { return frame(0x82, text); }
std::string text(std::string_view json) { return frame(0x81, json); }

/// A client whose handshake was granted.
class Client {
 public:
  explicit Client(RawConnection connection) : connection_(std::move(connection)) {}

  void send(const std::string& frames) { EXPECT_TRUE(connection_.send(frames)); }
  /// Reads output until it holds that; everything else goes to `said()`.
  std::string output_until(std::string_view mark) {
    while (output_.find(mark) == std::string::npos && read_frame()) {
    }
    return output_;
  }
  /// Reads to the end of the connection.
  void read_to_end() {
    while (read_frame()) {
    }
  }
  void read_until_said(std::string_view mark) {
    while (said_.find(mark) == std::string::npos && read_frame()) {
    }
  }
  [[nodiscard]] const std::string& output() const { return output_; }
  /// Text, pongs and the close with its code, in their order.
  [[nodiscard]] const std::string& said() const { return said_; }
  RawConnection& connection() { return connection_; }

 private:
  bool read_frame() {
    const auto head = connection_.read_exactly(2);
    if (head.size() < 2) return false;
    std::size_t size = static_cast<unsigned char>(head[1]);
    const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (extended > 0) size = 0;
    for (const char byte : connection_.read_exactly(extended))
      size = size << 8 | static_cast<unsigned char>(byte);
    const auto payload = connection_.read_exactly(size);
    switch (static_cast<unsigned char>(head[0])) {
      case 0x82:
        output_ += payload;
        break;
      case 0x81:
        said_ += payload + " ";
        break;
      case 0x8a:
        said_ += "pong:" + payload + " ";
        break;
      case 0x88:
        said_ += "close:" + std::to_string(static_cast<unsigned char>(payload.at(0)) << 8 |
                                           static_cast<unsigned char>(payload.at(1)));
        break;
      default:
        ADD_FAILURE() << "a frame begins with " << static_cast<int>(head[0]);
    }
    return true;
  }

  RawConnection connection_;
  std::string output_, said_;
};

class AttachTest : public ::testing::Test {
 protected:
  AttachTest() {
    register_process_calls(calls_, io_, commands_, exec_, processes_);
    EXPECT_TRUE(server_.listen_unix(path_));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~AttachTest() override {
    boost::asio::post(io_, [this] {
      server_.close();
      io_.stop();
    });
    thread_.join();
  }
  RawConnection::Answer ask(const std::string& method, const std::string& tail, std::string_view fields = "",
                            const std::string& body = "") {
    auto client = RawConnection::to_unix(path_);
    client.send(method + " /process/" + tail + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
                (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
                body);
    return client.read_answer();
  }
  std::string spawn(const std::string& script, bool terminal = true) {
    const auto body = boost::json::serialize(boost::json::object{{"command", "sh"},
                                                                 {"args", boost::json::array{"-c", script}},
                                                                 {"cwd", "/"},
                                                                 {"allocate_tty", terminal}});
    const auto answer = ask("POST", "spawn", "", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return boost::json::parse(answer.body).at("process_id").as_string().c_str();
  }
  RawConnection::Answer asked_to_attach(const std::string& id, std::string_view fields = kUpgrade) {
    return ask("GET", id + "/attach", fields);
  }
  Client attach_to(const std::string& id) {
    auto client = RawConnection::to_unix(path_);
    client.send("GET /process/" + id + "/attach HTTP/1.1\r\nHost: a\r\n" + std::string(kUpgrade) + "\r\n");
    const auto head = client.read_head();
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    return Client(std::move(client));
  }
  bool becomes_exited(const std::string& id) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < until)
      if (ask("GET", id + "/status").body.find("exited") != std::string::npos) return true;
    return false;
  }
  void kill(const std::string& id) {
    EXPECT_EQ(ask("POST", id + "/kill", "", R"({"signal":"KILL"})").status, 200);
  }

  net::testing::TempDir dir_;
  const std::string path_ = dir_.file("agent");
  boost::asio::io_context io_{1};
  const SystemClock clock_;
  const Log log_{LogLevel::off};
  const UniqueFd spool_{::memfd_create("spool", MFD_CLOEXEC)};
  TelemetryHub hub_{clock_, log_, events::SpoolLog::open(spool_.get()).value()};
  Commands commands_{io_, VmUsers{.home = "/"}, log_};
  Exec exec_{io_, commands_};
  Processes processes_{io_, commands_, clock_};
  ServedCalls calls_{hub_};
  net::HttpServer server_{io_, [this](net::Exchange& exchange) { return calls_.serve(exchange); }};
  std::thread thread_;
};

TEST_F(AttachTest, keys_reach_the_terminal_and_its_output_and_exit_come_back) {
  const auto id = spawn("stty size; read x; stty size; echo got $x; exit 3");
  auto client = attach_to(id);
  client.output_until("24 80\r\n");
  client.send(text(R"({"type":"resize","rows":40,"cols":100})") + keys("h") + keys("i\r"));
  client.read_to_end();
  EXPECT_EQ(client.output(), "24 80\r\nhi\r\n40 100\r\ngot hi\r\n");
  EXPECT_EQ(client.said(), R"({"type":"exit","exitCode":3} close:1000)");

  auto late = attach_to(id);
  late.read_to_end();
  EXPECT_EQ(late.output(), client.output()) << "what is kept is shown to those who come later, too";
  EXPECT_EQ(late.said(), client.said());
}

TEST_F(AttachTest, an_interrupt_reaches_the_program_in_the_foreground) {
  auto client = attach_to(spawn("trap 'echo stopped; exit 5' INT; echo ready; while :; do sleep 0.1; done"));
  client.output_until("ready");
  client.send(keys("\x03"));
  client.read_to_end();
  EXPECT_NE(client.output().find("stopped"), std::string::npos);
  EXPECT_EQ(client.said(), R"({"type":"exit","exitCode":5} close:1000)");
}

TEST_F(AttachTest, what_cannot_be_attached_to_says_why) {
  const auto id = spawn("exec sleep 100"), pipes = spawn("exec sleep 100", false);
  const auto expect = [&](const RawConnection::Answer& answer, int status, const std::string& code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    const auto body = boost::json::parse(answer.body);
    EXPECT_EQ(body.at("type").as_string(), "error");
    EXPECT_EQ(body.at("code").as_string(), code);
    EXPECT_FALSE(body.at("message").as_string().empty());
    EXPECT_EQ(answer.has("x-should-retry: false\r\n"), status == 409);
  };
  expect(asked_to_attach("x"), 400, "bad_request");
  expect(asked_to_attach("01234567-89ab-4def-8123-456789abcdef"), 404, "not_found");
  expect(asked_to_attach(pipes), 400, "not_a_terminal");
  expect(asked_to_attach(id, ""), 400, "bad_request");
  const auto old = asked_to_attach(
      id,
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: k\r\n");
  expect(old, 426, "bad_request");
  EXPECT_TRUE(old.has("Sec-WebSocket-Version: 13\r\n"));
  const auto first = attach_to(id);
  expect(asked_to_attach(id), 409, "conflict");
}

TEST_F(AttachTest, one_that_leaves_keeps_it_running_and_the_next_may_come_at_once) {
  const auto id = spawn("echo one; while read x; do echo [$x]; done");
  for (int i = 0; i < 20; ++i) {
    auto client = attach_to(id);
    client.output_until("one\r\n");
    client.send(frame(0x88,
                      "\x03\xe9"
                      "bye"));
    client.read_until_said("close:");
    EXPECT_EQ(client.said(), "close:1001");
  }
  {
    auto client = attach_to(id);
    client.connection().close();
  }
  while (asked_to_attach(id).status == 409) {
  }
  auto client = attach_to(id);
  client.send(keys("x\r"));
  EXPECT_NE(client.output_until("[x]").find("[x]"), std::string::npos);
}

TEST_F(AttachTest, a_process_that_reads_nothing_keeps_no_answer_from_its_client_and_does_not_hold_it) {
  const auto id = spawn("stty raw -echo; echo ready; exec sleep 100");
  {
    auto client = attach_to(id);
    client.output_until("ready");
    client.send(keys(std::string(500'000, 'x')) + frame(0x89, "there?"));
    client.read_until_said("pong:");
    EXPECT_EQ(client.said(), "pong:there? ");
    client.send(text(R"({"type":"resize","rows":9,"cols":9})") + keys(std::string(700'000, 'x')) +
                keys(std::string(100'000, 'x')));
    client.connection().close();
  }
  while (asked_to_attach(id).status == 409) {
  }
  kill(id);
  EXPECT_TRUE(becomes_exited(id));
}

TEST_F(AttachTest, a_client_that_does_not_read_holds_nobody_up_and_gets_the_last_output_and_the_exit) {
  const auto id = spawn("seq 1000000");
  auto client = attach_to(id);
  EXPECT_TRUE(becomes_exited(id));
  client.read_to_end();
  EXPECT_LT(client.output().size(), 4'000'000U) << "it was lapped";
  EXPECT_TRUE(client.output().ends_with("999999\r\n1000000\r\n"));
  EXPECT_EQ(client.said(), R"({"type":"exit","exitCode":0} close:1000)");
}

TEST_F(AttachTest, bad_frames_end_the_connection_and_not_the_process) {
  const auto id = spawn("echo ready; while read x; do echo [$x]; done");
  const std::vector<std::pair<std::string, int>> all{{"\x82\x01x"s, 1002},      // unmasked
                                                     {frame(0xc2, "x"), 1002},  // compressed
                                                     {frame(0x00, "x"), 1002},  // a fragment of nothing
                                                     {"\x82\xff\x00\x00\x00\x00\x00\x10\x00\x01"
                                                      "mask"s,
                                                      1009},  // a byte too large
                                                     {text("\xff"), 1007}};
  for (const auto& [bytes, code] : all) {
    auto client = attach_to(id);
    client.send(bytes + keys("not taken\r"));
    client.read_until_said("close:");
    EXPECT_EQ(client.said(), "close:" + std::to_string(code));
  }
  auto client = attach_to(id);
  client.send(keys("alive\r"));
  EXPECT_EQ(client.output_until("[alive]").find("not taken"), std::string::npos);
}

TEST_F(AttachTest, a_bad_message_is_told_and_one_of_an_unknown_type_is_not) {
  auto client = attach_to(spawn("stty size; read x"));
  client.output_until("24 80");
  client.send(text(R"({"type":"color","rows":0})") + text(R"({"type":"resize","rows":0,"cols":1})"));
  client.read_until_said("}");
  EXPECT_EQ(client.said(),
            R"({"type":"error","code":"bad_request","message":"rows and cols must be from 1 to )"
            R"(65535"} )");
  client.send(text("no json") + keys("\r"));
  client.read_to_end();
  EXPECT_TRUE(client.said().ends_with(R"({"type":"exit","exitCode":0} close:1000)")) << client.said();
}

}  // namespace
}  // namespace wye::vm
