// A new resource is a class with its routes and one line that adds it: authentication, turns, bodies, HEAD,
// 405 and errors come with it.
#include "control/api/resource.h"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "control/api/api_routes.h"
#include "control/api/testing/resource_server.h"
#include "control/api/undoable_calls.h"
#include "control/store/sqlite_store.h"
#include "testing/scratch_dir.h"

namespace wye::control {
namespace {

/// A resource of notes with names.
class Notes final : public Resource {
 public:
  void add_routes(ApiRoutes& api) override {
    api.add("GET", "/notes/{}", [this](const ApiRequest& request) { return get(request); });
    api.add("PUT", "/notes/{}", [this](const ApiRequest& request) { return put(request); });
    api.add("GET", "/notes/{}/pages/{}", [](const ApiRequest& request) -> Result<net::Response> {
      return net::Response{200, {}, request.parameters.at(0) + " " + request.parameters.at(1)};
    });
    api.add("POST", "/notes", [](const ApiRequest&) -> Result<net::Response> {
      throw std::runtime_error("a secret of the server's");
    });
  }

 private:
  Result<net::Response> get(const ApiRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto found = notes_.find(request.id());
    if (found == notes_.end())
      return Error{.kind = ErrorKind::not_found, .code = "not_found", .message = "no such note"};
    return net::Response{200, {}, found->second};
  }
  Result<net::Response> put(const ApiRequest& request) {
    const std::lock_guard lock(mutex_);
    notes_[request.id()] = request.body + request.query + request.key_id;
    return net::Response{204, {}, ""};
  }

  std::mutex mutex_;
  std::map<std::string, std::string> notes_;
};

/// `POST /things` waits until the test lets it go on, and is undone when the client has left by then.
class Things final : public Resource {
 public:
  Things(Turns& turns, std::future<void> may_end, std::promise<void>& begun, std::promise<void>& undone)
      : may_end_(std::move(may_end)), begun_(begun), undone_(undone), calls_(turns, TurnKind::creates) {}
  void add_routes(ApiRoutes& api) override {
    api.add_exchange("POST", "/things",
                     [this, &api](net::Exchange& exchange, const net::PathParameters&,
                                  const ApiCaller& caller) { return create(api, exchange, caller.key_id); });
  }
  [[nodiscard]] const UndoableCalls& calls() const { return calls_; }

 private:
  net::Task<> create(ApiRoutes& api, net::Exchange& exchange, std::string key_id) {
    UndoableCalls::Make make = [this]() -> Result<UndoableCalls::Made> {
      begun_.set_value();
      may_end_.wait();
      return UndoableCalls::Made{.response = {201, {}, "made"}, .undo = [this] { undone_.set_value(); }};
    };
    ByteBudget::Held held(api.bodies());
    auto made = co_await calls_.run(exchange, std::move(key_id), std::move(held), std::move(make));
    if (made) co_await api.answers().send(exchange, std::move(*made));
  }

  const std::future<void> may_end_;
  std::promise<void>&begun_, &undone_;
  UndoableCalls calls_;
};

class ResourceTest : public ::testing::Test {
 protected:
  net::Response call(const std::string& method, const std::string& target,
                     const std::string& body = {}) const {
    return server_.call(key_.key, method, target, body);
  }
  wye::testing::ScratchDir scratch_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  ApiKeys keys_{store_->keys(), clock_, random_};
  const NewKey key_ = keys_.create("own", 0, "").value();
  testing::ResourceServer server_{keys_, random_, clock_};
};

TEST_F(ResourceTest, a_new_one_is_a_line) {
  server_.api().add(std::make_unique<Notes>());
  server_.start();
  EXPECT_EQ(call("PUT", "/notes/a%20b?q", "text").status, 204);
  EXPECT_EQ(call("GET", "/notes/a%20b").body, "textq" + key_.record.id);
  EXPECT_EQ(call("GET", "/v1/notes/a%20b/").status, 200);
  EXPECT_EQ(call("GET", "/notes/x/pages/7").body, "x 7");

  const auto head = call("HEAD", "/notes/a%20b");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("Content-Length"), std::to_string(5 + key_.record.id.size()));
  const auto refused = call("DELETE", "/notes/a");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD, PUT");
  EXPECT_EQ(server_.call("sk_wrong", "GET", "/notes/a%20b").status, 401);
}

TEST_F(ResourceTest, its_errors_become_answers_in_one_place) {
  server_.api().add(std::make_unique<Notes>());
  server_.start();
  const auto missing = call("GET", "/notes/none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, R"({"code":"not_found","message":"no such note"})");
  EXPECT_FALSE(missing.headers.get("X-Request-Id").empty());
  const auto thrown = call("POST", "/notes");
  EXPECT_EQ(thrown.status, 500);
  EXPECT_EQ(thrown.body.find("secret"), std::string::npos) << thrown.body;
}

TEST_F(ResourceTest, a_hostile_path_reaches_no_handler) {
  server_.api().add(std::make_unique<Notes>());
  server_.start();
  for (const std::string path : {"/notes/..", "/notes/%2e%2e", "/notes/a%2fb", "/notes/a%5cb", "/notes/%00",
                                 "/notes/%", "/notes/%ff", "/notes//pages/1", "/v1/notes/../notes/a"}) {
    const auto answer = call("PUT", path, "x");
    EXPECT_EQ(answer.status, 400) << path;
    EXPECT_NE(answer.body.find("\"bad_request\""), std::string::npos) << path << answer.body;
  }
  EXPECT_EQ(call("PUT", "/notes/" + std::string(2000, 'a')).status, 400);
  EXPECT_EQ(call("PUT", "/notes/a", std::string((8u << 20) + 1, 'x')).status, 413);
  EXPECT_EQ(call("GET", "/notes").status, 405);
  EXPECT_EQ(call("GET", "/notes/a/pages").status, 404);
}

TEST_F(ResourceTest, what_was_made_for_a_client_that_left_is_undone) {
  std::promise<void> may_end, begun, undone;
  const auto& things =
      server_.api().add(std::make_unique<Things>(server_.api().turns(), may_end.get_future(), begun, undone));
  server_.start();
  auto client = server_.connect();
  ASSERT_TRUE(client.send(testing::ResourceServer::request(key_.key, "POST", "/things")));
  begun.get_future().wait();
  client.reset_connection();
  while (server_.api().active_requests() > 0) std::this_thread::yield();
  may_end.set_value();
  undone.get_future().wait();
  server_.api().stop();
  EXPECT_EQ(things.calls().undone(), 1u);
}

TEST_F(ResourceTest, what_was_made_in_time_is_answered) {
  std::promise<void> may_end, begun, undone;
  server_.api().add(std::make_unique<Things>(server_.api().turns(), may_end.get_future(), begun, undone));
  server_.start();
  may_end.set_value();
  EXPECT_EQ(call("POST", "/things").body, "made");
}

}  // namespace
}  // namespace wye::control
