#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "metro/metro.h"
#include "net/testing/raw_connection.h"

// Tests only: a real metro on a free port before a scripted agent on a real unix socket.
namespace wye::metro::testing {

using net::testing::RawConnection;
using net::testing::TempDir;

/// Plays a script on every connection it accepts, each on a thread of its own.
class ScriptedAgent {
 public:
  using Script = std::function<void(RawConnection&)>;
  ScriptedAgent(const std::string& path, Script script)
      : listener_(net::open_unix_listener(path).value()), script_(std::move(script)) {
    ::pipe2(stop_, O_CLOEXEC);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedAgent() { stop(); }
  void stop() {
    if (!acceptor_.joinable()) return;
    ::close(stop_[1]);
    acceptor_.join();
    ::close(stop_[0]);
    listener_.reset();
    for (auto& thread : players_) thread.join();
  }
  [[nodiscard]] int connections() const { return accepted_; }

 private:
  void accept_all() {
    while (true) {
      pollfd fds[] = {{listener_.get(), POLLIN, 0}, {stop_[0], POLLIN, 0}};
      ::poll(fds, 2, -1);
      if (fds[1].revents != 0) return;
      auto fd = net::accept_from(listener_.get());
      if (!fd) continue;
      ++accepted_;
      players_.emplace_back(
          [this, connection = RawConnection(std::move(fd))]() mutable { script_(connection); });
    }
  }

  UniqueFd listener_;
  Script script_;
  int stop_[2] = {-1, -1};
  std::atomic<int> accepted_ = 0;
  std::vector<std::thread> players_;
  std::thread acceptor_;
};

/// Answers every request of a connection by a function of its head.
inline ScriptedAgent::Script answer_each(std::function<std::string(const std::string& head)> answer) {
  return [answer = std::move(answer)](RawConnection& peer) {
    for (auto head = peer.read_head(); !head.empty(); head = peer.read_head()) peer.send(answer(head));
  };
}

inline std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nX-Wye-Source: agent\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

inline std::string json_answer(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

class HandClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_micros() const override { return unix_seconds * 1'000'000; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(steady_seconds));
  }
  std::atomic<std::int64_t> unix_seconds = 1'800'000'000;
  std::atomic<std::int64_t> steady_seconds = 1'000;
};

/// An event of the other side that a test waits for. Copies are the same event: agents, whose threads may
/// outlive a test's body, capture one.
class Event {
 public:
  void set() const {
    const std::lock_guard lock(state_->mutex);
    state_->happened = true;
    state_->changed.notify_all();
  }
  [[nodiscard]] bool wait() const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, std::chrono::seconds(20), [&] { return state_->happened; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool happened = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// A text that the test changes between requests, and with which the agent's threads answer.
class SharedText {
 public:
  SharedText& operator=(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
    return *this;
  }
  [[nodiscard]] std::string get() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

inline const std::string kSession = "abcdefghijklmnopqrstuvwx";
inline const std::string kOtherSession = "bbcdefghijklmnopqrstuvwx";
/// The body of a 404 for a session that is gone, to the byte.
inline const std::string kGone = R"({"code":"browser_gone","message":"browser not found"})";

class MetroTest : public ::testing::Test {
 protected:
  MetroTest() {
    options_.threads = 1;
    options_.proxy.tick = std::chrono::milliseconds(5);
  }
  void TearDown() override {
    if (metro_) metro_->stop();
    agent_.reset();
  }

  void start() {
    metro_ = std::make_unique<Metro>(directory_, tokens_, log_, clock_, options_);
    metro_->set_hooks(hooks_);
    port_ = metro_->start().value();
  }
  void start_with_agent(ScriptedAgent::Script script) {
    agent_ = std::make_unique<ScriptedAgent>(socket_path_, std::move(script));
    directory_.add(kSession, SessionState::live, net::Endpoint::unix_socket(socket_path_),
                   std::chrono::seconds(60));
    start();
  }
  [[nodiscard]] RawConnection connect() const { return RawConnection::to_tcp(port_); }

  [[nodiscard]] std::string token(const std::string& session_id = kSession,
                                  std::int64_t exp = 1'900'000'000) const {
    TokenClaims claims;
    claims.session_id = session_id;
    claims.exp = exp;
    return tokens_.sign(claims);
  }
  /// Returns a request below the session's base URL, with its token.
  [[nodiscard]] std::string request(const std::string& method, const std::string& tail,
                                    const std::string& fields = "", const std::string& body = "") const {
    const auto mark = tail.find('?') == std::string::npos ? "?" : "&";
    return raw(method, "/browser/kernel/" + kSession + "/" + tail + mark + "jwt=" + token(), fields, body);
  }
  [[nodiscard]] static std::string raw(const std::string& method, const std::string& target,
                                       const std::string& fields = "", const std::string& body = "") {
    return method + " " + target + " HTTP/1.1\r\nHost: metro.test\r\n" + fields +
           (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body;
  }
  RawConnection::Answer get(const std::string& tail, const std::string& fields = "") {
    return ask(request("GET", tail, fields));
  }
  RawConnection::Answer ask(const std::string& bytes) {
    auto client = connect();
    client.send(bytes);
    return client.read_answer(bytes.starts_with("HEAD "));
  }

  static void expect_unavailable(const RawConnection::Answer& answer, int status) {
    EXPECT_EQ(answer.status, status);
    EXPECT_NE(answer.body.find(R"("code":"upstream_unavailable")"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.body.find("browser_gone"), std::string::npos);
    EXPECT_TRUE(answer.has("X-Wye-Source: gateway\r\n"));
    EXPECT_EQ(answer.has("Retry-After: 1\r\n"), status == 503);
  }

  TempDir dir_;
  std::string socket_path_ = dir_.file("agent");
  HandClock clock_;
  SessionDirectory directory_{clock_};
  TokenVerifier tokens_{"a secret"};
  std::mutex log_mutex_;
  std::string logged_;
  Log log_{LogLevel::debug, [this](std::string_view line) {
             const std::lock_guard lock(log_mutex_);
             logged_ += line;
           }};
  MetroOptions options_;
  MetroHooks hooks_;
  std::unique_ptr<ScriptedAgent> agent_;
  std::unique_ptr<Metro> metro_;
  std::uint16_t port_ = 0;
};

}  // namespace wye::metro::testing
