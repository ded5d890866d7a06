#include "metro/ask_agents.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "net/endpoint_client.h"
#include "net/wakeup.h"

namespace wye::metro {

namespace asio = boost::asio;

namespace {

struct Round {
  Round(asio::io_context& io, std::vector<SessionDirectory::Live> live, std::string what, AskLimits bounds)
      : agents(std::move(live)), target(std::move(what)), limits(bounds), changed(io) {
    for (const auto& agent : agents) answers.push_back({agent.id, std::nullopt});
  }
  const std::vector<SessionDirectory::Live> agents;
  const std::string target;
  const AskLimits limits;
  net::Wakeup changed;
  std::vector<AgentAnswer> answers;
  std::size_t next = 0, done = 0;
  bool over = false;
};

net::Task<> ask_one_after_another(std::shared_ptr<Round> round) {
  while (!round->over && round->next < round->agents.size()) {
    const auto index = round->next++;
    net::EndpointRequest request;
    request.target = round->target;
    request.deadline = round->limits.each;
    request.max_answer_bytes = round->limits.answer_bytes;
    auto answer = co_await net::endpoint_request(round->agents[index].agent, std::move(request));
    if (!round->over && answer && answer->status == 200) round->answers[index].body = std::move(answer->body);
    ++round->done;
    round->changed.notify();
  }
}

}  // namespace

net::Task<std::vector<AgentAnswer>> ask_agents(asio::io_context& io,
                                               std::vector<SessionDirectory::Live> sessions,
                                               std::string target, AskLimits limits) {
  // Shared with the askers, which may still wait for a silent agent when this has returned.
  auto round = std::make_shared<Round>(io, std::move(sessions), std::move(target), limits);
  for (std::size_t i = 0; i < std::min(limits.at_once, round->agents.size()); ++i)
    asio::co_spawn(io.get_executor(), ask_one_after_another(round), asio::detached);
  const auto until = std::chrono::steady_clock::now() + limits.all;
  while (round->done < round->agents.size() && std::chrono::steady_clock::now() < until)
    co_await round->changed.wait(until);
  round->over = true;
  co_return std::move(round->answers);
}

std::vector<AgentAnswer> ask_agents_and_wait(std::vector<SessionDirectory::Live> sessions, std::string target,
                                             AskLimits limits) {
  asio::io_context io(1);
  std::vector<AgentAnswer> out;
  asio::co_spawn(io, ask_agents(io, std::move(sessions), std::move(target), limits),
                 [&](const std::exception_ptr& thrown, std::vector<AgentAnswer> answers) {
                   if (!thrown) out = std::move(answers);
                   io.stop();  // agents that are silent are not waited for
                 });
  io.run();
  return out;
}

}  // namespace wye::metro
