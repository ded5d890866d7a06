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
  /// The code that the client sent, for telemetry; "" when it sent none.
  [[nodiscard]] const std::string& code() const { return code_; }
  void set_code(std::string code) { code_ = std::move(code); }

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
  void watch(std::function<void()> gone) override;
  void unwatch() override { exchange_.unwatch(); }
  void welcome() override { exchange_.welcome(); }
  net::ClientConnection& connection() override { return exchange_.connection(); }

 private:
  net::Exchange& exchange_;
  int status_ = 0;  // 0: nothing was answered yet
  bool client_gone_ = false;
  std::string code_;
};

/// Tells telemetry which code a call runs: its first 8,192 bytes, with a mark when it is longer (wire-api
/// §3). Does nothing for an exchange that is not the agent's own.
void tell_code(net::Exchange& exchange, std::string_view code);

}  // namespace wye::vm
