#include "vm/playwright/executors.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/timestamp.h"
#include "vm/curl/json_fields.h"
#include "vm/served_calls.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

auto find(std::list<std::shared_ptr<Executor>>& all, std::string_view name) {
  return std::find_if(all.begin(), all.end(), [&](const auto& one) { return one->name() == name; });
}

}  // namespace

Executors::Executors(boost::asio::io_context& io, const Clock& clock, Browser& browser, WorkerOptions worker)
    : place_{.io = io,
             .clock = clock,
             .browser = browser,
             .worker = std::move(worker),
             .channel = nullptr,
             .tabs = [this] { return tabs(); }},
      default_(std::make_shared<Executor>(place_, std::string(kDefaultExecutor))) {}

std::vector<std::string> Executors::tabs() const {
  std::vector<std::string> out;
  for (const auto& one : named_)
    if (!one->tab().empty()) out.push_back(one->tab());
  return out;
}

bool Executors::owns(pid_t pid) const {
  return default_->owns(pid) ||
         std::any_of(named_.begin(), named_.end(), [pid](const auto& one) { return one->owns(pid); });
}

net::Task<Result<net::Response>> Executors::execute(net::Exchange& exchange, ExecuteRequest request) {
  const auto there = check_node(place_.worker);
  if (!there) co_return there.error();
  ByteBudget::Held held(code_);
  if (!held.add(request.code.size()))
    co_return Error{.kind = ErrorKind::overloaded,
                    .code = "rate_limited",
                    .message = "the calls that wait hold too much code; try again",
                    .status = 429};
  auto executor = default_;
  if (request.executor != kDefaultExecutor) {
    const auto at = find(named_, request.executor);
    if (at == named_.end() && named_.size() == kMostNamed) {
      json::object body = fields("code", "conflict", "message",
                                 "there are 8 named executors already; delete one, or use one of them");
      body["executors"] = co_await describe();
      auto refused = net::json_response(409, json::serialize(body));
      refused.headers.set("x-should-retry", "false");
      co_return std::move(refused);
    }
    executor =
        at != named_.end() ? *at : named_.emplace_back(std::make_shared<Executor>(place_, request.executor));
  }
  co_return co_await executor->run(exchange, std::move(request));
}

net::Task<json::array> Executors::describe() {
  std::vector<std::shared_ptr<Executor>> all{default_};
  all.insert(all.end(), named_.begin(), named_.end());
  json::array out;
  for (const auto& one : all) {
    json::object entry = fields("name", one->name(), "busy", one->busy(), "created_at",
                                rfc3339(one->created_at()), "last_used_at", rfc3339(one->last_used_at()));
    const auto channel = place_.channel;
    const auto tab = one->tab();
    if (channel && !tab.empty()) {
      const auto known = co_await channel->call("Target.getTargetInfo", fields("targetId", tab));
      if (known) {
        entry["target_id"] = tab;
        if (const auto* info = object_at(known->as_object(), "targetInfo"))
          entry["url"] = text_at(*info, "url");
      }
    }
    out.push_back(std::move(entry));
  }
  co_return std::move(out);
}

net::Task<Result<net::Response>> Executors::list() {
  json::object body;
  body["executors"] = co_await describe();
  co_return net::json_response(200, json::serialize(body));
}

net::Task<Result<net::Response>> Executors::remove(const std::string& name, bool close_tab) {
  if (name == kDefaultExecutor) {
    default_->restart();
    co_return net::Response{.status = 204};
  }
  const auto at = find(named_, name);
  if (at == named_.end())
    co_return Error{
        .kind = ErrorKind::not_found, .code = "not_found", .message = "there is no such executor"};
  const auto executor = *at;
  named_.erase(at);
  executor->remove();
  const auto channel = place_.channel;
  // A tab that is gone already need not be closed.
  if (close_tab && channel && !executor->tab().empty())
    co_await channel->call("Target.closeTarget", fields("targetId", executor->tab()));
  co_return net::Response{.status = 204};
}

}  // namespace wye::vm
