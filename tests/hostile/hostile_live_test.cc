// Runs the same table against the real `wye serve` and the agent of a real VM, and tests what exists only
// there: DevTools' WebSockets, and web pages that try to drive the control plane.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "../flow/live/serve_process.h"
#include "run_case.h"
#include "wye/client.h"

namespace wye::hostile {
namespace {

using net::testing::RawConnection;

// Makes a client's frame, masked with zeros so that tests show the bytes that are sent.
std::string frame(unsigned char first, const std::string& payload, bool masked = true) {
  std::string out(1, static_cast<char>(first));
  const auto mask = static_cast<unsigned char>(masked ? 0x80 : 0);
  if (payload.size() < 126) {
    out += static_cast<char>(mask | payload.size());
  } else {
    out += static_cast<char>(mask | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out + (masked ? std::string(4, '\0') : "") + payload;
}

class HostileLive : public ::testing::Test {
 protected:
  HostileLive() {
    const auto made = client_.browsers().create({.headless = true, .telemetry = {.enabled = true}});
    id_ = made.value().session_id;
    const auto& url = made->cdp_ws_url;  // ws://127.0.0.1:PORT/browser/cdp?jwt=…
    const auto host = url.find("://") + 3;
    const auto path = url.find('/', host);
    metro_ = static_cast<std::uint16_t>(std::stoi(url.substr(url.find(':', host) + 1)));
    cdp_ = url.substr(path);
    jwt_ = url.substr(url.find("jwt="));
  }
  ~HostileLive() override {
    EXPECT_TRUE(client_.browsers().remove(id_));
    EXPECT_EQ(server_.stop(), 0) << server_.output();
  }

  Front control_plane() {
    return {.name = "control plane",
            .to = {.path = "/browsers/" + id_ + "/telemetry/events?limit=1",
                   .fields = "Host: 127.0.0.1\r\nAuthorization: Bearer " + server_.api_key() + "\r\n"},
            .connect = [this] { return RawConnection::to_tcp(server_.port()); }};
  }
  Front metro() {
    return {.name = "metro",
            .to = {.path = "/browser/kernel/" + id_ + "/telemetry/events?limit=1&" + jwt_,
                   .fields = "Host: 127.0.0.1\r\n"},
            .connect = [this] { return RawConnection::to_tcp(metro_); }};
  }
  Front agent() {
    return {.name = "agent",
            .to = {.path = "/telemetry/events?limit=1", .fields = "Host: localhost\r\n"},
            .connect =
                [this] {
                  return RawConnection::to_unix(server_.data_dir() + "/sessions/" + id_ + "/agent.sock");
                },
            .has_routes = false};
  }

  RawConnection::Answer ask(const Front& front, const std::string& request) {
    auto connection = front.connect();
    connection.send(request);
    return connection.read_answer();
  }
  [[nodiscard]] std::string upgrade(const std::string& path, const std::string& fields = {}) const {
    return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
           (fields.empty() ? "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                           : fields) +
           "\r\n";
  }
  RawConnection devtools() {
    auto connection = metro().connect();
    connection.send(upgrade(cdp_));
    EXPECT_EQ(connection.read_answer().status, 101);
    return connection;
  }
  static void expect_alive(RawConnection& socket) {
    socket.send(frame(0x81, R"({"id":1,"method":"Browser.getVersion"})"));
    EXPECT_FALSE(socket.read_until("jsVersion").empty()) << "DevTools does not answer";
    socket.read_until("}}");
  }

  live::ServeProcess server_{{}};
  Client client_{{.api_key = server_.api_key(), .base_url = server_.base_url()}};
  std::string id_, cdp_, jwt_;
  std::uint16_t metro_ = 0;
};

TEST_F(HostileLive, every_row_at_every_server) {
  for (const auto& front : {control_plane(), metro(), agent()})
    for (const auto& row : all_cases(front.to)) run_case(front, row);
}

TEST_F(HostileLive, frames_that_are_illegal_end_their_own_connection_only) {
  auto other = devtools();
  const std::string text = R"({"id":9,"method":"Browser.getVersion"})";
  const std::pair<const char*, std::string> rows[] = {
      {"not masked", frame(0x81, text, false)},
      {"first reserved bit", frame(0xc1, text)},
      {"all reserved bits", frame(0xf1, text)},
      {"reserved opcode 3", frame(0x83, text)},
      {"reserved opcode 15", frame(0x8f, text)},
      {"binary", frame(0x82, text)},
      {"continuation of nothing", frame(0x80, text)},
      {"a fragment in a fragment", frame(0x01, "{") + frame(0x01, "{")},
      {"a control frame in pieces", frame(0x09, "a") + frame(0x80, "b")},
      {"a ping of 200 bytes", frame(0x89, std::string(200, 'p'))},
      {"a close of one byte", frame(0x88, "x")},
      {"a close of a code that is none", frame(0x88, std::string("\x00\x01", 2))},
      {"text that is no UTF-8", frame(0x81, "\xff\xfe")},
      {"a length of 2^63", std::string("\x81\xff\x80\0\0\0\0\0\0\0", 10) + std::string(4, '\0')},
      {"a length of 2^64-1", "\x81\xff" + std::string(8, '\xff') + std::string(4, '\0') + "abc"},
      {"a length said longer than need be", std::string("\x81\xfe\0\x02\0\0\0\0{}", 10)},
      {"half a head", "\x81"},
      {"half a payload", frame(0x81, text).substr(0, 12)},
      {"HTTP", "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"no JSON", frame(0x81, "{{{{")},
      {"deep JSON", frame(0x81, std::string(60'000, '['))},
      {"a thousand empty frames", [] {
         std::string out;
         for (int i = 0; i < 1000; ++i) out += frame(0x81, "");
         return out;
       }()}};
  for (const auto& [name, bytes] : rows) {
    SCOPED_TRACE(name);
    auto socket = devtools();
    socket.send(bytes);
    socket.end_writing();
    const auto rest = socket.read_to_end();
    EXPECT_EQ(rest.find("HTTP/1.1"), std::string::npos) << rest;
    expect_alive(other);
    EXPECT_EQ(ask(metro(), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  }
  auto next = devtools();
  expect_alive(next);
}

TEST_F(HostileLive, upgrades_are_granted_where_sockets_are_and_nowhere_else) {
  const std::string version = "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  EXPECT_EQ(ask(metro(), upgrade(cdp_, version)).status, 400);
  EXPECT_EQ(ask(metro(), upgrade(cdp_, "Sec-WebSocket-Version: 13\r\n")).status, 400);
  EXPECT_EQ(ask(metro(), upgrade("/browser/kernel/" + id_ + "/telemetry?" + jwt_)).status, 200);
  EXPECT_EQ(ask(metro(), upgrade("/browser/webdriver/session?" + jwt_)).status, 501);
  EXPECT_EQ(ask(metro(), upgrade("/browser/cdpx?" + jwt_)).status, 404);
  EXPECT_EQ(ask(metro(), upgrade("/browser/cdp")).status, 401);
  EXPECT_EQ(ask(agent(), upgrade("/telemetry")).status, 200);
  EXPECT_EQ(ask(agent(), upgrade("/")).status, 404);
  const auto to_control = "GET /browsers/" + id_ + "/telemetry HTTP/1.1\r\n" + control_plane().to.fields +
                          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  EXPECT_EQ(ask(control_plane(), to_control).status, 200);
}

TEST_F(HostileLive, a_web_page_does_not_drive_the_control_plane) {
  const auto key = "Authorization: Bearer " + server_.api_key() + "\r\n";
  const auto own = "127.0.0.1:" + std::to_string(server_.port());
  const auto post = [&](const std::string& host, const std::string& fields) {
    return ask(control_plane(), "POST /browsers/" + id_ + "/telemetry/events HTTP/1.1\r\nHost: " + host +
                                    "\r\n" + key + fields + "Content-Length: 2\r\n\r\n{}");
  };
  // A handler's 400 shows that the handler was reached.
  EXPECT_EQ(post(own, "").status, 400);
  EXPECT_EQ(post(own, "Sec-Fetch-Mode: cors\r\n").status, 400) << "fetch of Node";
  EXPECT_EQ(post(own, "Origin: http://" + own + "\r\n").status, 400);
  EXPECT_EQ(post("localhost", "").status, 400);
  EXPECT_EQ(post(own, "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(post(own, "Origin: null\r\n").status, 403);
  EXPECT_EQ(post(own, "Origin: http://127.0.0.1:" + std::to_string(metro_) + "\r\n").status, 403)
      << "what a VM serves shares no origin with the API";
  EXPECT_EQ(post("rebound.evil.example:80", "Origin: http://rebound.evil.example\r\n").status, 421);
  const auto preflight = ask(control_plane(), "OPTIONS /browsers HTTP/1.1\r\nHost: " + own +
                                                  "\r\nOrigin: http://evil.example\r\n"
                                                  "Access-Control-Request-Method: POST\r\n"
                                                  "Access-Control-Request-Headers: authorization\r\n\r\n");
  EXPECT_EQ(preflight.status, 403);
  EXPECT_EQ(preflight.head.find("Access-Control"), std::string::npos) << preflight.head;
  const auto read = ask(control_plane(), "GET /browsers HTTP/1.1\r\nHost: " + own + "\r\n" + key +
                                             "Origin: http://evil.example\r\n\r\n");
  EXPECT_EQ(read.head.find("Access-Control"), std::string::npos) << "no page can read the answer";
}

}  // namespace
}  // namespace wye::hostile
