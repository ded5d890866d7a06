#pragma once

#include "net/exchange.h"

namespace wye::vm {

/// A request as the agent's handlers see it. Answers name the agent as their source unless they name another
/// one, and the status is remembered for telemetry. Lives as long as its handler.
class AgentExchange final : public net::Exchange {
 public:
  explicit AgentExchange(net::Exchange& exchange) : exchange_(exchange) {}

  /// The status of the answer: 101 for a connection that was taken over, 499 when the client went away while
  /// the handler waited for that, 500 when nothing was answered.
  [[nodiscard]] int status() const;

  [[nodiscard]] const net::RequestHead& head() const override { return exchange_.head(); }
  net::Task<Result<std::string>> read_body(std::size_t limit) override { return exchange_.read_body(limit); }
  net::Task<Result<std::size_t>> read_some(std::span<char> out) override { return exchange_.read_some(out); }
  net::Task<Result<void>> respond(net::Response response) override;
  net::Task<Result<void>> start(int status, net::Headers headers) override;
  net::Task<Result<void>> write(std::string_view bytes) override { return exchange_.write(bytes); }
  net::Task<Result<void>> finish() override { return exchange_.finish(); }
  void abort() override { exchange_.abort(); }
  [[nodiscard]] bool started() const override { return exchange_.started(); }
  std::unique_ptr<net::ByteStream> hijack() override;
  net::Task<void> client_gone() override;
  void watch(std::function<void()> gone) override { exchange_.watch(std::move(gone)); }
  void unwatch() override { exchange_.unwatch(); }
  void welcome() override { exchange_.welcome(); }
  net::ClientConnection& connection() override { return exchange_.connection(); }

 private:
  net::Exchange& exchange_;
  int status_ = 0;  // 0: nothing was answered yet
  bool client_gone_ = false;
};

}  // namespace wye::vm
