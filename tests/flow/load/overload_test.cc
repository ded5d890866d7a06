#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "load_fixture.h"
#include "process_use.h"

// Limits that a test reaches on purpose on a real server: a client that cannot be served is told so and when
// to retry, the server's health stays readable, and the server recovers when the cause is gone.
namespace wye::live {
namespace {

using load::Clock;

constexpr auto kPatience = std::chrono::seconds(60);

class Overload : public LoadTest {
 protected:
  /// A request under way, whose answer is awaited later.
  struct Pending {
    std::unique_ptr<load::Caller> caller;
    std::optional<load::Reply> reply;
  };
  std::unique_ptr<Pending> begin(const std::string& method, const std::string& path,
                                 const std::string& body = {}) {
    auto pending = std::make_unique<Pending>();
    pending->caller = std::make_unique<load::Caller>(loop_, server_->port());
    pending->caller->on_reply = [raw = pending.get()](load::Reply reply) { raw->reply = std::move(reply); };
    pending->caller->ask(load::api_request(method, path, server_->api_key(), body));
    return pending;
  }
  bool await(const std::function<bool()>& holds) { return loop_.run_until(holds, Clock::now() + kPatience); }
  static void expect_told_to_wait(const load::Reply& reply, int status) {
    EXPECT_EQ(reply.status, status) << reply.body;
    const auto wait = std::atoi(reply.retry_after.c_str());
    EXPECT_TRUE(wait >= 1 && wait <= 60) << reply.retry_after;
    EXPECT_NE(reply.body.find("\"code\":"), std::string::npos) << reply.body;
  }
  void limit_open_files(rlim_t most) {
    rlimit limit{};
    ASSERT_EQ(::prlimit(server_->pid(), RLIMIT_NOFILE, nullptr, &limit), 0);
    limit.rlim_cur = std::min(most, limit.rlim_max);
    ASSERT_EQ(::prlimit(server_->pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
  }
};

TEST_F(Overload, creates_beyond_those_that_run_wait_their_turn) {
  serve({.extra_args = {"--concurrent-creates", "1"}});
  std::vector<std::unique_ptr<Pending>> creates;
  for (int i = 0; i < 3; ++i) creates.push_back(begin("POST", "/browsers", R"({"headless":true})"));
  // The order of serving is tested with the queue itself; which of three connections is read first is not
  // defined.
  ASSERT_TRUE(await([&] {
    return std::all_of(creates.begin(), creates.end(),
                       [](const auto& each) { return each->reply.has_value(); });
  }));
  for (const auto& create : creates) EXPECT_EQ(create->reply->status, 200) << create->reply->body;
  EXPECT_EQ(scrape().value("wye_creates_total{outcome=\"live\"}"), 3);
}

// VMs in which nothing starts, which hold their places for as long as a create may take.
class SilentVm : public Overload {
 protected:
  void serve_silent() {
    serve({.extra_args = {
               "--concurrent-creates", "1", "--agent",
               std::filesystem::path(std::getenv("WYE_BIN")).parent_path() / "../tests/silent_agent"}});
  }
};

TEST_F(SilentVm, a_full_queue_says_so_and_who_leaves_makes_room) {
  serve_silent();
  constexpr int kWaiting = 64;
  std::vector<std::unique_ptr<Pending>> creates;
  for (int i = 0; i < 1 + kWaiting; ++i) creates.push_back(begin("POST", "/browsers", "{}"));
  await_metric("wye_creates{state=\"waiting\"}", kWaiting);
  expect_told_to_wait(api("POST", "/browsers", "{}"), 529);
  EXPECT_EQ(api("POST", "/browsers", "{\"headless\":").status, 400) << "a bad request does not wait";
  EXPECT_EQ(scrape().value("wye_limit_hits_total{limit=\"create_queue\"}"), 1);
  EXPECT_EQ(scrape().value("wye_requests_at_workers"), 1) << "a waiting request takes no worker";
  EXPECT_EQ(api("GET", "/browsers").status, 200);
  expect_healthy();
  for (auto& create : creates) create->caller->close();
  await_metric_below("wye_creates{state=\"waiting\"}", 0);
  const auto again = begin("POST", "/browsers", "{}");
  await_metric("wye_creates{state=\"waiting\"}", 1);
  EXPECT_FALSE(again->reply) << "there is room again";
  again->caller->close();
}

TEST_F(SilentVm, a_server_is_ended_while_a_create_hangs) {
  serve_silent();
  const auto create = begin("POST", "/browsers", "{}");
  await_metric("wye_creates{state=\"running\"}", 1);
  const auto begun = Clock::now();
  EXPECT_EQ(server_->stop(), 0);
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(12));
  server_->restart();  // ends the unfinished VMs
  await_metric_below("wye_sessions{state=\"ending\"}", 0);
}

TEST_F(Overload, updates_of_a_browser_that_hangs_are_told_to_wait_and_hold_up_nothing_else) {
  serve();
  const auto browser = create(), other = create();
  const auto agent = find_agent(*server_, browser.id);
  ASSERT_EQ(::kill(agent, SIGSTOP), 0);
  // Of one key's requests, eight wait for the agent, and 64 for their turn.
  constexpr int kAsked = 300, kTaken = 8 + 64;
  std::vector<std::unique_ptr<Pending>> updates;
  int answered = 0;
  for (int i = 0; i < kAsked; ++i) {
    updates.push_back(begin("PATCH", "/browsers/" + browser.id,
                            R"({"telemetry":{"browser":{"system":{"enabled":false}}}})"));
    updates.back()->caller->on_reply = [&answered, raw = updates.back().get()](load::Reply reply) {
      ++answered;
      raw->reply = std::move(reply);
    };
  }
  ASSERT_TRUE(await([&] { return answered >= kAsked - kTaken; }));
  EXPECT_EQ(answered, kAsked - kTaken);
  for (const auto& update : updates)
    if (update->reply) expect_told_to_wait(*update->reply, 503);
  expect_healthy();
  EXPECT_EQ(api("GET", "/browsers").status, 200);
  EXPECT_EQ(api("GET", "/browsers/" + other.id + "/telemetry").status, 200) << "another browser lives";
  EXPECT_EQ(api("DELETE", "/browsers/" + other.id).status, 204);
  const auto now = scrape();
  EXPECT_EQ(now.value("wye_limit_hits_total{limit=\"workers\"}"), kAsked - kTaken);
  EXPECT_EQ(now.value("wye_requests_at_workers"), kTaken);
  ASSERT_EQ(::kill(agent, SIGCONT), 0);
  ASSERT_TRUE(await([&] { return answered == kAsked; }));
  EXPECT_EQ(api("GET", "/browsers/" + browser.id).status, 200);
}

TEST_F(Overload, without_descriptors_everybody_is_told_and_the_server_recovers) {
  serve();
  const auto browser = create();
  EXPECT_EQ(direct(browser, "GET", "telemetry").status, 200);
  limit_open_files(static_cast<rlim_t>(bench::open_files(server_->pid())) + 10);
  std::vector<std::unique_ptr<load::Wire>> silent;
  for (int i = 0; i < 60; ++i)
    silent.push_back(std::make_unique<load::Wire>(loop_, i % 2 == 0 ? server_->port() : metro_port()));
  loop_.run_for(std::chrono::milliseconds(300));
  expect_healthy();
  for (int i = 0; i < 5; ++i) {
    const auto reply = direct(browser, "GET", "telemetry");
    if (reply.status != 200) expect_told_to_wait(reply, 503);
    const auto listed = api("GET", "/browsers");
    if (listed.status != 200) expect_told_to_wait(listed, 503);
    const auto refused = api("POST", "/browsers", "{}");
    EXPECT_TRUE(refused.status == 503 || refused.status == 529) << refused.status << refused.body;
    expect_told_to_wait(refused, refused.status);
  }
  expect_healthy();
  limit_open_files(RLIM_INFINITY);
  silent.clear();
  await_metric("wye_limit_hits_total{limit=\"descriptors\"}", 1);
  EXPECT_EQ(direct(browser, "GET", "telemetry").status, 200);
  create();
}

// Connections that send nothing, or no credentials, give way; those of key holders do not.
TEST_F(Overload, silent_strangers_shut_nobody_out) {
  serve({.first = "ulimit -n 256"});
  const auto browser = create();
  std::vector<std::unique_ptr<load::Caller>> residents(2);
  int answered = 0;
  for (std::size_t i = 0; i < residents.size(); ++i) {
    residents[i] = std::make_unique<load::Caller>(loop_, i == 0 ? server_->port() : metro_port());
    residents[i]->on_reply = [&](const load::Reply& reply) { answered += reply.status == 200 ? 1 : 0; };
  }
  const auto both_ask = [&] {
    answered = 0;
    residents[0]->ask(load::api_request("GET", "/browsers", server_->api_key()));
    residents[1]->ask(browser.vm.request("GET", "telemetry"));
    return await([&] { return answered == 2; });
  };
  ASSERT_TRUE(both_ask());
  std::vector<std::unique_ptr<load::Wire>> silent;
  for (int i = 0; i < 300; ++i)
    silent.push_back(std::make_unique<load::Wire>(loop_, i % 2 == 0 ? server_->port() : metro_port()));
  // A newcomer is let in when each of them has had its time to speak; before that, it is told to retry.
  const auto is_let_in = [&](const std::function<load::Reply()>& ask) {
    const auto until = Clock::now() + std::chrono::seconds(8);  // shorter than a silent connection may stay
    auto reply = ask();
    for (; reply.status != 200 && Clock::now() < until; reply = ask()) {
      expect_told_to_wait(reply, 503);
      loop_.run_for(std::chrono::milliseconds(20));
    }
    return reply.status == 200;
  };
  EXPECT_TRUE(is_let_in([&] { return api("GET", "/browsers"); }));
  EXPECT_TRUE(is_let_in([&] { return direct(browser, "GET", "telemetry"); }));
  EXPECT_TRUE(both_ask()) << "they were not disturbed";
  silent.clear();
  await_metric("wye_limit_hits_total{limit=\"connections\"}", 100);
}

TEST_F(Overload, idle_connections_never_take_the_descriptors_that_browsers_need) {
  serve({.first = "ulimit -n 256"});
  const auto browser = create();
  {
    std::vector<std::unique_ptr<load::Caller>> idle;
    int answered = 0, turned_away = 0;
    for (int i = 0; i < 150; ++i) {
      auto& caller = *idle.emplace_back(std::make_unique<load::Caller>(loop_, metro_port()));
      caller.on_reply = [&](const load::Reply& reply) {
        ++answered;
        if (reply.status == 503) ++turned_away;
      };
      caller.ask(browser.vm.request("GET", "telemetry"));
      ASSERT_TRUE(await([&] { return answered == i + 1; }));
    }
    const auto asked = [&](const std::unique_ptr<load::Caller>& caller) { return caller->connected(); };
    const auto kept = std::count_if(idle.begin(), idle.end(), asked);
    EXPECT_GT(kept, 50);
    EXPECT_LT(kept, 128) << "half of them are kept for the server itself";
    expect_healthy();
    expect_told_to_wait(direct(browser, "GET", "telemetry"), 503);
    const auto& resident = idle.front();
    std::optional<load::Reply> reply;
    resident->on_reply = [&](load::Reply got) { reply = std::move(got); };
    resident->ask(browser.vm.request("GET", "telemetry"));
    ASSERT_TRUE(await([&] { return reply.has_value(); }));
    EXPECT_EQ(reply->status, 200) << "a connected client is served";
    create();
    EXPECT_GE(scrape().value("wye_limit_hits_total{limit=\"connections\"}"), 22);
  }
  await_metric_below("wye_connections{leg=\"direct\"}", 0);
  EXPECT_EQ(direct(browser, "GET", "telemetry").status, 200);
}

// A cgroup bounds the processes of a server that runs as root; their number bounds those of an ordinary user.
class ProcessLimit : public Overload {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) return serve();
    for (const std::filesystem::path root : {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"})
      if (std::filesystem::exists(root / "cgroup.procs") && group_.empty())
        group_ = root / ("wye-test-" + std::to_string(::getpid()));
    std::error_code failed;
    std::filesystem::create_directory(group_, failed);
    if (!std::filesystem::exists(group_ / "pids.max")) GTEST_SKIP() << "no cgroup to bound processes with";
    serve({.first = "echo $$ > " + (group_ / "cgroup.procs").string()});
  }
  void TearDown() override {
    Overload::TearDown();
    const auto until = Clock::now() + kPatience;
    while (!group_.empty() && ::rmdir(group_.c_str()) != 0 && errno == EBUSY && Clock::now() < until)
      loop_.run_for(std::chrono::milliseconds(10));  // the last processes of VMs are still exiting
  }
  void allow_tasks(int more) {
    if (group_.empty()) {
      rlimit limit{};
      ASSERT_EQ(::prlimit(server_->pid(), RLIMIT_NPROC, nullptr, &limit), 0);
      limit.rlim_cur = more < 0 ? limit.rlim_max : static_cast<rlim_t>(more);
      ASSERT_EQ(::prlimit(server_->pid(), RLIMIT_NPROC, &limit, nullptr), 0);
      return;
    }
    int now = 0;
    std::ifstream(group_ / "pids.current") >> now;
    std::ofstream(group_ / "pids.max") << (more < 0 ? "max" : std::to_string(now + more));
  }
  std::filesystem::path group_;
};

TEST_F(ProcessLimit, without_processes_no_browser_starts_and_the_server_recovers) {
  const auto browser = create();
  allow_tasks(0);
  const auto begun = Clock::now();
  expect_told_to_wait(api("POST", "/browsers", "{}"), 529);
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(20)) << "not a hang";
  expect_healthy();
  EXPECT_EQ(direct(browser, "GET", "telemetry").status, 200);
  EXPECT_EQ(scrape().value("wye_creates_total{outcome=\"failed\"}"), 1);
  allow_tasks(-1);
  create();
}

TEST_F(Overload, without_memory_large_requests_are_told_to_wait_and_the_server_recovers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer reserves more address space than the limit that this test sets";
#endif
  // Enough for what a server needs, and for some bodies of 8 MiB.
  serve({.first = "ulimit -S -v 1000000"});
  const std::string body = "{\"tags\":{\"x\":\"" + std::string((8 << 20) - 100, 'x') + "\"}}";
  std::vector<std::unique_ptr<Pending>> large;
  int answered = 0;
  constexpr int kLarge = 40;  // 320 MiB
  for (int i = 0; i < kLarge; ++i) {
    auto pending = std::make_unique<Pending>();
    pending->caller = std::make_unique<load::Caller>(loop_, server_->port());
    pending->caller->on_reply = [&answered, raw = pending.get()](load::Reply reply) {
      ++answered;
      raw->reply = std::move(reply);
    };
    auto request = load::api_request("POST", "/browsers", server_->api_key(), body);
    request.resize(request.size() - 1);  // the server holds what has come until the rest comes
    pending->caller->ask(std::move(request));
    large.push_back(std::move(pending));
  }
  ASSERT_TRUE(await([&] { return answered > 0; }));
  expect_healthy();
  for (const auto& one : large)
    if (one->reply) expect_told_to_wait(*one->reply, 503);
  EXPECT_GT(scrape().value("wye_limit_hits_total{limit=\"bodies\"}"), 0);
  for (auto& one : large) one->caller->close();
  await_metric_below("wye_body_bytes", 1 << 20);
  rlimit unlimited{};
  ASSERT_EQ(::prlimit(server_->pid(), RLIMIT_AS, nullptr, &unlimited), 0);
  unlimited.rlim_cur = unlimited.rlim_max;
  ASSERT_EQ(::prlimit(server_->pid(), RLIMIT_AS, &unlimited, nullptr), 0);
  create();
}

}  // namespace
}  // namespace wye::live
