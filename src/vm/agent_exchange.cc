#include "vm/agent_exchange.h"

#include <boost/asio/this_coro.hpp>

#include "base/encoding.h"

namespace wye::vm {
namespace {

constexpr std::size_t kLongestCode = 8192;  // of captured strings, vm-api §8
constexpr int kClientGone = 499, kNotAnswered = 500;

void name_source(net::Headers& headers) {
  if (!headers.has("X-Wye-Source")) headers.add("X-Wye-Source", "agent");
}

}  // namespace

int AgentExchange::status() const {
  if (client_gone_) return kClientGone;
  return status_ == 0 ? kNotAnswered : status_;
}

net::Task<Result<void>> AgentExchange::respond(net::Response response) {
  status_ = response.status;
  name_source(response.headers);
  return exchange_.respond(std::move(response));
}

net::Task<Result<void>> AgentExchange::start(int status, net::Headers headers) {
  status_ = status;
  name_source(headers);
  return exchange_.start(status, std::move(headers));
}

std::unique_ptr<net::ByteStream> AgentExchange::hijack() {
  status_ = 101;
  return exchange_.hijack();
}

net::Task<void> AgentExchange::client_gone() {
  co_await exchange_.client_gone();
  // A wait that is cancelled ends in the same way.
  const auto called_off = (co_await boost::asio::this_coro::cancellation_state).cancelled();
  if (called_off == boost::asio::cancellation_type::none) client_gone_ = true;
}

void AgentExchange::watch(std::function<void()> gone) {
  exchange_.watch([this, gone = std::move(gone)] {
    client_gone_ = true;
    gone();
  });
}

void tell_code(net::Exchange& exchange, std::string_view code) {
  auto* const ours = dynamic_cast<AgentExchange*>(&exchange);
  if (ours == nullptr) return;
  std::string told(code.substr(0, kLongestCode));
  if (told.size() < code.size()) {
    while (!told.empty() && !is_utf8(told)) told.pop_back();  // cut inside a character
    told += "...[truncated]";
  }
  ours->set_code(std::move(told));
}

}  // namespace wye::vm
