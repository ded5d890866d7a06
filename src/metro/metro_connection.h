#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "metro/downstream.h"
#include "metro/metro.h"
#include "metro/proxy.h"
#include "metro/token_cache.h"
#include "net/body_progress.h"
#include "net/client_list.h"
#include "net/client_watch.h"
#include "net/lazy_deadline.h"
#include "net/socket.h"

namespace wye::metro {

class MetroConnection;

/// What the connections of one thread of the metro share.
struct MetroWorker {
  MetroWorker(boost::asio::io_context& io_in, const TokenVerifier& tokens_in, const Clock& clock_in,
              const MetroOptions& options_in, SessionDirectory& directory, RecordLookup& records,
              const Log& log, std::string id_prefix);

  boost::asio::io_context& io;
  TokenCache tokens;
  const Clock& clock;
  const MetroOptions& options;
  const std::string public_scheme;
  const std::string public_host;  ///< "" where it is not known, or each session has its own.
  Proxy proxy;
  LegCounters counters;
  std::unordered_set<MetroConnection*> connections;
  net::ClientList strangers, known;  ///< Those that brought no valid token yet, and those that did.
  OwnCounter gave_way;
  std::size_t active = 0;
  bool stopping = false;
};

/// A client's connection to the metro: heads are read and written flat, bodies pass as they are.
class MetroConnection final : public Downstream,
                              public net::ClientWatch::Connection,
                              public std::enable_shared_from_this<MetroConnection> {
 public:
  MetroConnection(net::Socket socket, std::shared_ptr<MetroWorker> worker, net::DescriptorBudget::Place place,
                  std::string peer);
  ~MetroConnection() override;

  net::Task<> run();
  [[nodiscard]] bool idle() const { return phase_ == Phase::idle; }
  void close();
  net::Task<Result<std::size_t>> read_raw(std::span<char> out);
  net::Socket& socket() override { return socket_; }
  // Not moved while a request is handled; where nothing fits any more, a reset shows.
  std::span<char> room() override { return std::span(buffer_).subspan(end_); }
  void took(std::size_t bytes) override { end_ += bytes; }

  [[nodiscard]] std::string_view method() const override { return head_.method; }
  [[nodiscard]] std::span<const net::FieldView> fields() const override { return head_.fields(); }
  [[nodiscard]] net::Framing framing() const override { return head_.framing; }
  [[nodiscard]] std::uint64_t content_length() const override { return head_.content_length; }
  [[nodiscard]] std::string_view upgrade() const override { return head_.upgrade; }
  std::string_view take_body() override;
  [[nodiscard]] bool body_complete() const override { return body_.complete(); }
  net::Task<Result<std::string_view>> read_body() override;
  void stop_body() override;
  Sent put_head(const net::HeadView& head, std::string_view body) override;
  Sent put_body(std::string_view body) override;
  net::Task<bool> flush() override;
  net::Task<bool> finish() override;
  void finished() override { finished_ = true; }
  net::Task<bool> respond(net::Response response) override;
  void abort() override;
  void watch(std::function<void()> gone) override { watch_.start(shared_from_this(), std::move(gone)); }
  void unwatch() override { watch_.stop(); }
  std::unique_ptr<net::ByteStream> take_over() override;

 private:
  enum class Phase { idle, head, handling, draining, taken_over, closing };

  enum class HeadStep { ready, more, refused };
  HeadStep look_at_head(std::size_t& scanned);
  void await_head(bool begun);
  bool give_way();
  void welcome();
  [[nodiscard]] bool make_room();
  net::Task<> end_after_head(HeadStep step);
  net::Task<> refuse(int status, std::string_view message);
  /// Whether `request_` is to be forwarded; else `own_` is the answer.
  bool route();
  bool refuse_as(net::Response answer, Reason reason);
  net::Response wrong_cdp_url() const;
  net::Task<bool> drop_body();
  [[nodiscard]] std::chrono::milliseconds body_time_left() const;
  net::Task<> linger();
  Sent send(std::span<iovec> parts);
  [[nodiscard]] const VerifiedToken* check_token(std::string_view token);
  [[nodiscard]] std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void begin_exchange(std::size_t head_bytes);
  void settle_keep_alive();
  void count_end();

  net::DescriptorBudget::Place place_;  // before the socket: given back after it is closed
  net::Socket socket_;
  std::shared_ptr<MetroWorker> worker_;
  net::LazyDeadline deadline_;
  bool timed_out_ = false;
  Phase phase_ = Phase::idle;
  std::string peer_;
  const std::chrono::steady_clock::time_point came_ = std::chrono::steady_clock::now();
  bool welcome_ = false;
  bool first_request_ = true;
  net::ClientList::Place listed_;
  net::ClientWatch watch_;

  std::vector<char> buffer_;  // heads, and what came behind them; not moved while a request is handled
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::vector<char> body_buffer_;  // the rest of bodies, made on first use
  net::HeadView head_;
  net::BodyProgress body_;
  std::chrono::steady_clock::time_point body_until_ = std::chrono::steady_clock::time_point::max();
  bool body_stopped_ = false;
  bool expects_continue_ = false;

  bool keep_alive_ = true;
  bool answered_ = false;
  bool finished_ = false;
  bool dechunk_ = false;  // HTTP/1.0 cannot read chunks
  net::BodyProgress answer_;
  std::string out_;  // the answer's head, or what else has to stay until it is flushed
  std::string payload_;
  iovec parts_[2] = {};
  std::span<iovec> unsent_;

  std::string own_host_;  // where each session has one
  std::string token_;     // the last one used here, and what it said
  std::shared_ptr<const VerifiedToken> token_says_;
  std::string target_;
  std::string query_;
  std::string jwt_;
  ProxyRequest request_;
  net::Response own_;
  net::HeadFault fault_ = net::HeadFault::none;
  OwnCounter* lasting_ = nullptr;  // where an answer that lasts is counted as open
};

}  // namespace wye::metro
