#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/clock.h"
#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/fs/file_threads.h"
#include "vm/logs/log_file.h"
#include "vm/logs/service_log.h"

namespace wye::vm {

/// What a client asks of `GET /logs/stream` (vm-api §13).
struct LogRequest {
  std::string path;     ///< "": a service's log.
  std::string service;  ///< "": a file.
  bool follow = true;
};
/// 400 for what is missing or has another form.
[[nodiscard]] Result<LogRequest> read_log_request(std::string_view query);

/// One line as a frame of the stream.
[[nodiscard]] std::string log_frame(std::string_view line, std::int64_t at);

/// Streams of logs. Each holds one read at most, and waits for its client. One io_context.
class LogStreams {
 public:
  static constexpr std::size_t kMost = 16;

  /// All must outlive it. Files are opened and read on `files`.
  LogStreams(boost::asio::io_context& io, const Clock& clock, ServiceLogs& logs, FileThreads& files);
  ~LogStreams();

  /// Answers until the client goes away, the log has been read (without `follow`) or `end()`.
  net::Task<> serve(net::Exchange& exchange);
  void end();

 private:
  /// A stream that is open.
  struct Stream {
    net::Exchange& exchange;
    bool follow = true, client_gone = false;
    std::chrono::steady_clock::time_point written;
  };
  net::Task<Result<void>> open(Stream& stream);
  net::Task<> stream_file(Stream& stream, std::shared_ptr<LogFile> file);
  net::Task<> stream_service(Stream& stream, const ServiceLog& log);
  net::Task<bool> write(Stream& stream, std::string frames);
  net::Task<bool> wait(Stream& stream, std::chrono::steady_clock::duration most);

  const Clock& clock_;
  ServiceLogs& logs_;
  FileThreads& files_;
  net::Wakeup changed_;
  std::size_t open_ = 0;
  bool ended_ = false;
};

}  // namespace wye::vm
