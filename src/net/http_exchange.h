#pragma once

#include <cstdint>
#include <string>

#include "net/client_connection.h"
#include "net/exchange.h"

namespace wye::net {

/// A connection's request as handlers see it: bodies without their framing. One for each connection, used for
/// its requests one after another.
class HttpExchange final : public Exchange {
 public:
  /// `client` must outlive the exchange.
  explicit HttpExchange(ClientConnection& client) : client_(client) {}
  /// Says that the connection has a new request.
  void begin();

  [[nodiscard]] const RequestHead& head() const override { return head_; }
  Task<Result<std::string>> read_body(std::size_t limit) override;
  Task<Result<std::size_t>> read_some(std::span<char> out) override { return client_.read_payload(out); }
  Task<Result<void>> respond(Response response) override { return client_.respond(std::move(response)); }
  Task<Result<void>> start(int status, Headers headers) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> finish() override;
  void abort() override { client_.abort(); }
  [[nodiscard]] bool started() const override { return client_.answer() != ClientConnection::Answer::none; }
  std::unique_ptr<ByteStream> hijack() override { return client_.take_over(); }
  Task<void> client_gone() override;
  void watch(std::function<void()> gone) override { (void)client_.watch(std::move(gone)); }
  void unwatch() override { client_.unwatch(); }
  void welcome() override { client_.welcome(); }
  ClientConnection& connection() override { return client_; }

 private:
  /// How the client learns where a streamed answer ends.
  enum class AnswerFraming : std::uint8_t { none, length, chunked, until_close };

  [[nodiscard]] bool is_open() const { return client_.answer() == ClientConnection::Answer::begun; }

  ClientConnection& client_;
  RequestHead head_;
  AnswerFraming framing_ = AnswerFraming::none;  // of an answer that has begun
  std::uint64_t left_ = 0;                       // of one with a length
};

}  // namespace wye::net
